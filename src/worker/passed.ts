import { setTimeout as delay } from 'node:timers/promises';

/** False when the signal fired first. */
export async function passed(waitMs: number, signal: AbortSignal): Promise<boolean> {
  return delay(waitMs, true, { signal }).catch(() => false);
}
