// Waits that a signal ends early.
import { setTimeout as delay } from 'node:timers/promises';

/** Waits. Returns false if the signal aborts first. */
export async function passed(waitMs: number, signal: AbortSignal): Promise<boolean> {
  return delay(waitMs, true, { signal }).catch(() => false);
}

/** Waits that double from `firstMs` up to `longestMs`. */
export class Backoff {
  #nextMs: number;

  constructor(
    readonly firstMs: number,
    readonly longestMs: number,
  ) {
    this.#nextMs = firstMs;
  }

  /** Returns false if the signal aborts first. */
  async passed(signal: AbortSignal): Promise<boolean> {
    const waitMs = this.#nextMs;
    this.#nextMs = Math.min(2 * waitMs, this.longestMs);
    return passed(waitMs, signal);
  }

  reset(): void {
    this.#nextMs = this.firstMs;
  }
}
