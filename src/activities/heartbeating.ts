import { CancelledFailure, Context } from '@temporalio/activity';

/** A fifth of the steps' heartbeat timeout (5 s), so that a single lost beat doesn't count as a lost worker. */
const BEAT_MS = 1000;

/**
 * Runs long work with heartbeats on a timer. The work gets a signal that fires on a cancel or the worker's stop, and
 * must end its tools then. The work is always awaited, so nothing continues after the activity. Each beat contains
 * `progress()`, which the next attempt of the activity gets in `Context.current().info.heartbeatDetails`.
 */
export async function heartbeating<T>(
  work: (signal: AbortSignal) => Promise<T>,
  progress: () => unknown = () => undefined,
): Promise<T> {
  const context = Context.current();
  const beat = setInterval(() => {
    context.heartbeat(progress());
  }, BEAT_MS);
  try {
    context.heartbeat(progress());
    return await work(context.cancellationSignal);
  } catch (error) {
    if (context.cancellationSignal.aborted) throw await cancelled(context);
    throw error;
  } finally {
    clearInterval(beat);
  }
}

/** Returns the cancellation itself, instead of the error of the interrupted work. */
async function cancelled(context: Context): Promise<unknown> {
  return context.cancelled.catch((reason: unknown) =>
    reason instanceof CancelledFailure ? reason : new CancelledFailure('cancelled'),
  );
}
