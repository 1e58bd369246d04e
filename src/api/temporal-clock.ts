// Reads Temporal's clock, which determines the order and times of workflow decisions. The API's own clock may differ.
import { performance } from 'node:perf_hooks';

/** The age at which a reading is refreshed in the background. */
const FRESH_MS = 60_000;

interface Reading {
  /** The time of Temporal's clock at `tookMs` or shortly before. */
  shownMs: number;
  /** The time of this process's monotonic clock. */
  tookMs: number;
}

export interface TemporalClock {
  /**
   * Returns epoch ms. Never later than Temporal's clock, and never earlier than a time that Temporal already returned.
   */
  now: () => Promise<number>;
  /** Takes a new reading, because the last one was wrong. */
  readAgain: () => Promise<void>;
  /** Records a time that Temporal returned. */
  saw: (shownMs: number) => void;
}

/** Creates the clock. `read` resolves to Temporal's time, or to undefined if it can't be read. */
export function createTemporalClock(
  read: () => Promise<number | undefined>,
  elapsedMs: () => number = () => performance.now(),
): TemporalClock {
  let reading: Reading | undefined;
  let underWay: Promise<void> | undefined;

  return {
    async now() {
      if (!reading) await takeReading();
      // The old reading is still valid.
      else if (elapsedMs() - reading.tookMs > FRESH_MS) takeReading().catch(() => undefined);
      return reading ? shownBy(reading) : Date.now(); // no reading yet; usually both run on one machine
    },
    async readAgain() {
      await underWay; // this reading may have begun before the clock was changed
      await takeReading();
    },
    saw(shownMs) {
      if (reading && shownMs > shownBy(reading)) reading = { shownMs, tookMs: elapsedMs() };
    },
  };

  function shownBy({ shownMs, tookMs }: Reading): number {
    return Math.floor(shownMs + elapsedMs() - tookMs);
  }

  /** Takes a reading. Concurrent calls share one. */
  function takeReading(): Promise<void> {
    underWay ??= readOnce().finally(() => (underWay = undefined));
    return underWay;
  }

  /**
   * Keeps the earlier reading if the new one is behind it only because its answer was slow. A reading that is behind by
   * more than its own duration means that Temporal's clock was set back.
   */
  async function readOnce(): Promise<void> {
    const startedMs = elapsedMs();
    const shownMs = await read();
    if (shownMs === undefined) return;
    const tookMs = elapsedMs();
    const behindMs = reading ? shownBy(reading) - shownMs : 0;
    const isSlow = behindMs > 0 && behindMs <= tookMs - startedMs;
    if (!isSlow) reading = { shownMs, tookMs };
  }
}
