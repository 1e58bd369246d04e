import { setTimeout as delay } from 'node:timers/promises';

/** Waits. Returns false if the signal fires first. */
export async function passed(waitMs: number, signal: AbortSignal): Promise<boolean> {
  return delay(waitMs, true, { signal }).catch(() => false);
}
