// Numbers from pairs: what is compared is taken in turn, so that a busy host slows both alike.
import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from './stage.js';

export type Unit = 'x' | 'ms' | 's' | 'MB' | '%' | 'failed';

/** A number, and what it was made of. */
export interface Taken {
  value: number;
  note: string;
}

export interface Measurement {
  name: string;
  unit: Unit;
  limit: number;
  /** How many deployments may run at once where it is taken. */
  slots: number;
  /** Taken only where there is a Docker engine. */
  engine?: boolean;
  /** Taken only where there is a Caddy, and behind it. */
  front?: boolean;
  take: (stage: Stage) => Promise<Taken>;
}

export const ms = (value: number): string => `${value.toFixed(1)} ms`;
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The nearest of the measured values: none that was never seen. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)];
  if (value === undefined) throw new Error('nothing was measured');
  return value;
}

/** Milliseconds that the work took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Both told in milliseconds, one after the other, `count` times; the first `warmUps` are not counted. */
export async function inTurn(
  pair: { ours: () => Promise<number>; other: () => Promise<number> },
  { count, warmUps = 1, pauseMs = 0 }: { count: number; warmUps?: number; pauseMs?: number },
): Promise<{ ours: number[]; other: number[] }> {
  const ours: number[] = [];
  const other: number[] = [];
  for (let i = 0; i < warmUps + count; i += 1) {
    ours.push(await pair.ours());
    await delay(pauseMs);
    other.push(await pair.other());
    await delay(pauseMs);
  }
  return { ours: ours.slice(warmUps), other: other.slice(warmUps) };
}

/** How many times as long ours takes: p50 over p50. */
export function ratioOf({ ours, other }: { ours: readonly number[]; other: readonly number[] }, what: string): Taken {
  const [a, b] = [median(ours), median(other)];
  return { value: a / b, note: `${ms(a)} over ${what} ${ms(b)}` };
}
