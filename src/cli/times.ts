// Formats and parses times in the terminal's time zone, with its offset.
import { InvalidArgumentError } from 'commander';

/** Formats a time as `2026-11-29 19:00:00+08:00`, which `--since` also accepts. */
export const clock = (iso: string | null | undefined): string => (iso ? localTime(new Date(iso)) : '');

/** Formats a time with milliseconds, for log lines. */
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

/** Converts a user's time to the API's format. A time without an offset is in the terminal's time zone. */
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

/** Returns true for a valid date. `Date` accepts day 31 in each month and continues into the next month. */
function isDay(day: string): boolean {
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
}
