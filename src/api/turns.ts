// Runs a limited number of tasks per key. Further tasks wait, and an aborted task gives up its place.
import { Semaphore } from 'async-mutex';
import { takePlace } from '../turn.js';

export function createTurns(atOnce: number) {
  const semaphores = new Map<string, Semaphore>();

  /** Runs a task when it is its turn. Rejects if the signal aborts before. */
  return async function inTurnOf<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const semaphore = semaphores.get(key) ?? new Semaphore(atOnce);
    semaphores.set(key, semaphore);
    const release = await takePlace(semaphore, signal);
    try {
      return await work();
    } finally {
      release();
      if (semaphore.getValue() === atOnce) semaphores.delete(key); // no task runs or waits
    }
  };
}
