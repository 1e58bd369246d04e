// Times as the command line shows and takes them: those of the terminal's own zone, with its offset. Pure.
import { InvalidArgumentError } from 'commander';

/** `2026-11-29 19:00:00+08:00`: also taken by `--since`. */
export const clock = (iso: string | null | undefined): string => (iso ? localTime(new Date(iso)) : '');

/** To the millisecond, as lines of logs have it. */
export const clockMs = (iso: string): string => localTime(new Date(iso), { withMs: true });

function localTime(at: Date, { withMs = false } = {}): string {
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  const fraction = withMs ? `.${String(at.getMilliseconds()).padStart(3, '0')}` : '';
  return `${day} ${time}${fraction}${offset(-at.getTimezoneOffset())}`;
}

function offset(eastMinutes: number): string {
  if (eastMinutes === 0) return 'Z';
  const minutes = Math.abs(eastMinutes);
  return `${eastMinutes < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

const two = (value: number): string => String(value).padStart(2, '0');

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 24 * 3_600_000 } as const;
const AGO = /^(\d{1,5})([smhd])$/;
const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?)?( ?Z| ?[+-]\d{2}:\d{2})?$/i;

/** A time as people write it, in the API's own form. Without an offset it is one of this terminal. */
export function timeWanted(text: string, nowMs = Date.now()): string {
  const [, count, unit] = AGO.exec(text) ?? [];
  const at =
    count === undefined ? timeOf(text) : new Date(nowMs - Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS]);
  if (at === undefined || Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('Write 10m, 2h, 1d, or a time such as "2026-11-29 19:00:00".');
  return at.toISOString();
}

function timeOf(text: string): Date | undefined {
  const [, day, minute = '00:00', second = ':00', zone = ''] = TIME.exec(text.trim()) ?? [];
  if (day === undefined || !isDay(day)) return undefined;
  return new Date(`${day}T${minute}${second}${zone.trim().toUpperCase()}`);
}

/** `Date` takes the 31st of each month, and counts on into the next one. */
function isDay(day: string): boolean {
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
}
