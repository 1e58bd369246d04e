import { setTimeout as delay } from 'node:timers/promises';

const LOOK_AGAIN_MS = 20;

type Truthy<T> = Exclude<T, undefined | null | false | '' | 0>;

/** Waits until `check` returns something true, and returns it. Fails with what it returned, or threw, last. */
export async function eventually<T>(check: () => T | Promise<T>, { timeoutMs = 10_000 } = {}): Promise<Truthy<T>> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const { value, error } = await attempt(check);
    if (value) return value as Truthy<T>;
    if (Date.now() >= deadlineMs) {
      throw new Error(`not within ${timeoutMs} ms: ${check.toString()} gave ${JSON.stringify(value)}`, {
        cause: error,
      });
    }
    await delay(LOOK_AGAIN_MS);
  }
}

async function attempt<T>(check: () => T | Promise<T>): Promise<{ value?: T; error?: unknown }> {
  try {
    return { value: await check() };
  } catch (error) {
    return { error };
  }
}
