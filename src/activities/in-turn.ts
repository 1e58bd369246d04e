/**
 * Runs the work for all items, even if it fails for some. Then throws the first failure, so that everything is retried.
 */
export async function inTurn<T>(
  items: Iterable<T>,
  work: (item: T) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) {
    signal.throwIfAborted();
    await work(item).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}
