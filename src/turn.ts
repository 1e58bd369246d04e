// Waits for a place in a semaphore, until a signal aborts.
import type { Semaphore } from 'async-mutex';

/** Returns a function that gives the place back. Rejects with the signal's reason if the signal aborts before. */
export async function takePlace(semaphore: Semaphore, signal: AbortSignal): Promise<() => void> {
  const place = semaphore.acquire();
  try {
    const [, release] = await Promise.race([place, untilAborted(signal)]);
    return release;
  } catch (error) {
    void place.then(([, release]) => {
      release();
    });
    throw error;
  }
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const stop = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
