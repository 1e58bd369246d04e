/** Converts a watch to a promise, which resolves when the instance is gone, and rejects with the signal's reason. */
export function whenGone(watch: (onGone: () => void) => () => void, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const abort = (): void => {
      unwatch();
      reject(signal?.reason as Error);
    };
    const unwatch = watch(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
