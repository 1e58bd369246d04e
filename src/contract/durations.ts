// Parses durations in requests: a whole number and a unit.
const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000 } as const;
const DURATION = /^(\d{1,6})([smh])$/;

/** Converts `90s`, `15m` or `2h` to milliseconds. Returns undefined for any other text. */
export function durationMs(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
}
