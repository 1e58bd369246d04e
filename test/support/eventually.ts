import { setTimeout as delay } from 'node:timers/promises';

/**
 * Soon at first, then less often: files that run side by side share two cores, and a look at a deployment takes 25 ms of
 * them (API, worker and Temporal together).
 */
const FIRST_LOOK_AGAIN_MS = 20;
const LOOK_AGAIN_MS = 200;

type Truthy<T> = Exclude<T, undefined | null | false | '' | 0>;

/**
 * Waits until `check` returns something true, and returns it. Fails with what it returned, or threw, last. `firstMs` and
 * `mostMs` are between two looks: longer for what takes its time, shorter for what is true only for a moment.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 10_000, firstMs = FIRST_LOOK_AGAIN_MS, mostMs = LOOK_AGAIN_MS } = {},
): Promise<Truthy<T>> {
  const deadlineMs = Date.now() + timeoutMs;
  for (let waitMs = Math.min(firstMs, mostMs); ; waitMs = Math.min(waitMs * 1.3, mostMs)) {
    const { value, error } = await attempt(check);
    if (value) return value as Truthy<T>;
    if (Date.now() >= deadlineMs) {
      throw new Error(`not within ${timeoutMs} ms: ${check.toString()} gave ${JSON.stringify(value)}`, {
        cause: error,
      });
    }
    await delay(waitMs);
  }
}

async function attempt<T>(check: () => T | Promise<T>): Promise<{ value?: T; error?: unknown }> {
  try {
    return { value: await check() };
  } catch (error) {
    return { error };
  }
}
