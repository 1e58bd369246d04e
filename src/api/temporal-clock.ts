// What time it is by Temporal's clock, which orders and dates all that workflows decide. The API's own clock may show another.
import { performance } from 'node:perf_hooks';

/** An older reading is taken again beside the call that finds it so old. */
const FRESH_MS = 60_000;

interface Reading {
  /** What Temporal's clock showed at `tookMs` or shortly before. */
  shownMs: number;
  /** Of this process' monotonic clock. */
  tookMs: number;
}

export interface TemporalClock {
  /** Epoch ms; never later than Temporal's clock, and never before a time that it told already. */
  now: () => Promise<number>;
  /** Takes a new reading: the last one turned out to be wrong. */
  readAgain: () => Promise<void>;
  /** Takes note of a time that Temporal told. */
  saw: (shownMs: number) => void;
}

/** `read` resolves to what Temporal's clock shows; undefined where nobody answers. */
export function createTemporalClock(
  read: () => Promise<number | undefined>,
  elapsedMs: () => number = () => performance.now(),
): TemporalClock {
  let reading: Reading | undefined;
  let underWay: Promise<void> | undefined;

  return {
    async now() {
      if (!reading) await takeReading();
      else if (elapsedMs() - reading.tookMs > FRESH_MS) takeReading().catch(() => undefined); // the old one still holds
      return reading ? shownBy(reading) : Date.now(); // nobody has told it yet: most run on one machine
    },
    async readAgain() {
      await underWay; // which may have begun before the clock was set
      await takeReading();
    },
    saw(shownMs) {
      if (reading && shownMs > shownBy(reading)) reading = { shownMs, tookMs: elapsedMs() };
    },
  };

  function shownBy({ shownMs, tookMs }: Reading): number {
    return Math.floor(shownMs + elapsedMs() - tookMs);
  }

  /** Calls at the same moment share one. */
  function takeReading(): Promise<void> {
    underWay ??= readOnce().finally(() => (underWay = undefined));
    return underWay;
  }

  async function readOnce(): Promise<void> {
    const shownMs = await read();
    if (shownMs !== undefined) reading = { shownMs, tookMs: elapsedMs() };
  }
}
