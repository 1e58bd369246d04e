import { CancelledFailure, Context } from '@temporalio/activity';

/** A fifth of the steps' heartbeat timeout (5 s): one lost beat is no lost worker. */
const BEAT_MS = 1000;

/**
 * Runs long work while heartbeating on a timer, and hands it the signal that a cancel (or the worker's stop) sets off.
 * The work must end its tools when the signal fires; it is always awaited, so nothing goes on after the activity ended.
 * Each beat carries `progress()`, which the next try of the activity finds in `Context.current().info.heartbeatDetails`.
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

/** The cancellation itself, whatever error the interrupted work made of it. */
async function cancelled(context: Context): Promise<unknown> {
  return context.cancelled.catch((reason: unknown) =>
    reason instanceof CancelledFailure ? reason : new CancelledFailure('cancelled'),
  );
}
