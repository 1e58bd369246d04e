// A deployment followed to its end: its progress and its log side by side, and Ctrl-C.
import type { LogLine, ProgressBody, StartedBody, StatusBody } from './bodies.js';
import { part } from './client.js';
import type { Context } from './context.js';
import { EXIT, isRefused } from './errors.js';
import type { FollowView } from './follow-view.js';
import { onInterrupt } from './interrupts.js';
import { exitOf } from './outcome.js';
import { follow } from './stream.js';

export interface FollowWish {
  cancelAtOnce: boolean;
  /** Ctrl-C was pressed before there was anything to cancel. */
  isCancelled: boolean;
}

const DETACHED = 'detached';

/** Resolves with the exit code. */
export async function followDeployment(
  context: Context,
  view: FollowView,
  { deployment_id: id }: Pick<StartedBody, 'deployment_id'>,
  { cancelAtOnce, isCancelled }: FollowWish,
): Promise<number> {
  const { client, line } = context;
  const leaving = new AbortController();
  const { signal } = leaving;
  const path = `/deployments/${part(id)}`;
  let cancelling: Promise<void> | undefined;

  const cancel = (): void => {
    cancelling ??= cancelIt().catch((error: unknown) => leaving.abort(error));
  };
  const stopListening = onInterrupt({
    cancelAtOnce,
    question: line('cancel_question'),
    cancel,
    detach: () => leaving.abort(DETACHED),
    hold: view.hold,
    release: view.release,
  });
  try {
    if (isCancelled) cancel();
    await Promise.all([progress(), log()]);
    await cancelling;
    if (signal.aborted) {
      if (signal.reason !== DETACHED) throw signal.reason;
      context.note(line('detached', { id }));
      return EXIT.interrupted;
    }
    const ended = await client.get<StatusBody>(path);
    view.ended(ended);
    return exitOf(ended);
  } catch (error) {
    leaving.abort(); // the other stream, too
    throw error;
  } finally {
    stopListening();
  }

  async function progress(): Promise<void> {
    const lost = (): void => view.note(line('reconnecting'));
    for await (const { event, data } of follow<ProgressBody>(client, `${path}/progress`, { signal, lost })) {
      if (event === 'progress') view.progress(data);
    }
  }

  async function log(): Promise<void> {
    for await (const { event, data } of follow<LogLine>(client, `${path}/logs`, { signal })) {
      if (event === 'log') view.log(data);
    }
  }

  /** The streams tell how it goes on: the answer is only whether it was in time. */
  async function cancelIt(): Promise<void> {
    view.note(line('cancelling'));
    try {
      await client.send(`${path}/cancel`, { method: 'POST', body: {} });
    } catch (error) {
      if (!isRefused(error, 'already_finished')) throw error;
      view.note(line('too_late', { message: error.problem.detail }));
    }
  }
}
