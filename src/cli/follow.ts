// Follows a deployment to its end: its progress and its log together.
import type { LogLine, ProgressBody, StartedBody, StatusBody } from './bodies.js';
import { part } from './client.js';
import type { Context } from './context.js';
import { isEnded } from '../contract/states.js';
import { passed } from '../waiting.js';
import { CliError, EXIT, isRefused } from './errors.js';
import type { FollowView } from './follow-view.js';
import { exitOf } from './outcome.js';
import { serviceNow } from './service-now.js';
import { follow } from './stream.js';
import { watch } from './watching.js';

export interface FollowWish {
  cancelAtOnce: boolean;
  /** True if Ctrl-C was pressed before the deployment had started. */
  isCancelled: boolean;
}

/** The polling interval if the key may not follow the progress. */
const ASK_AGAIN_MS = 1_000;

/** Follows a deployment. Resolves to the exit code. */
export async function followDeployment(
  context: Context,
  view: FollowView,
  { deployment_id: id }: Pick<StartedBody, 'deployment_id'>,
  { cancelAtOnce, isCancelled }: FollowWish,
): Promise<number> {
  const { client, line } = context;
  const { note, hold, release } = view;
  const path = `/deployments/${part(id)}`;
  const watching = watch(context, { path, cancelAtOnce, note, hold, release });
  const { signal } = watching;
  try {
    if (isCancelled) watching.cancel();
    await Promise.all([progress().catch(awaitEnd), log().catch(goOnWithoutLog)]);
    if (await watching.wasLeft()) {
      view.left();
      context.note(line('detached', { id }));
      return EXIT.interrupted;
    }
    const ended = await status();
    view.ended(ended);
    await showService(ended);
    return exitOf(ended);
  } finally {
    watching.leave(); // if one stream failed, the other is closed too
    watching.stop();
  }

  async function progress(): Promise<void> {
    const lost = (): void => {
      note(line('reconnecting'));
    };
    for await (const { event, data } of follow<ProgressBody>(client, `${path}/progress`, { signal, lost })) {
      if (event === 'progress') view.progress(data);
    }
  }

  /** Waits for the end without a stream, for keys that may deploy but not follow the progress. */
  async function awaitEnd(refusal: unknown): Promise<void> {
    if (!isRefused(refusal, 'forbidden')) throw refusal;
    await status();
    note(line('no_progress', { message: refusal.problem.detail }));
    while (!signal.aborted && !isEnded((await status()).status)) await passed(ASK_AGAIN_MS, signal); // an abort ends the loop
  }

  async function status(): Promise<StatusBody> {
    return client.get<StatusBody>(path).catch((error: unknown) => {
      throw isRefused(error, 'forbidden')
        ? new CliError('end_unseen', { id, message: error.problem.detail }, error)
        : error;
    });
  }

  /**
   * Shows the active release if the deployment failed or was cancelled. The result is already printed, so an error here
   * doesn't fail the command.
   */
  async function showService({ status: how, service }: StatusBody): Promise<void> {
    if (how === 'completed' || service === null) return;
    const now = await serviceNow(context, service);
    if (now) view.service(now);
  }

  function goOnWithoutLog(refusal: unknown): void {
    if (!isRefused(refusal, 'forbidden')) throw refusal;
    view.begin();
    note(line('no_log', { message: refusal.problem.detail }));
  }

  async function log(): Promise<void> {
    for await (const { event, data } of follow<LogLine>(client, `${path}/logs`, { signal, opened: view.begin })) {
      if (event === 'log') view.log(data);
    }
  }
}
