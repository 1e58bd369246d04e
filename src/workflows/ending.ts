// The one end of a deployment: its slot is free before anybody can read that it ended, and Temporal shows it as what it is.
import { ApplicationFailure, CancellationScope, CancelledFailure, condition, workflowInfo } from '@temporalio/workflow';
import type { ErrorRecord } from '../contract/errors.js';
import type { EndedStatus } from '../contract/states.js';
import { say } from '../contract/texts.js';
import { secondsBetween } from '../contract/views.js';
import type { Notices } from './notices.js';
import type { Outcome } from './outcome.js';
import type { Slot } from './slot.js';
import { entities } from './steps.js';
import type { DeploymentView } from './view.js';

/** What `temporal workflow show` prints as the result of a completed deployment. */
export interface DeploymentResult {
  status: 'completed';
  release?: string;
  url?: string;
  changed: boolean;
}

export async function endDeployment(
  view: DeploymentView,
  slot: Slot,
  notices: Notices,
  outcome: Outcome,
): Promise<DeploymentResult> {
  const rootCancelled = watchRoot();
  await CancellationScope.nonCancellable(async () => {
    const status = endedStatus(outcome);
    await freeSlot(view, slot, outcome);
    if (status === 'cancelled') await askForCancellation(rootCancelled);
  });
  if (outcome.kind === 'completed') {
    const { release, url, changed } = outcome;
    view.ended('completed', { release, url, changed });
    await notices.handedOver();
    return { status: 'completed', release, url, changed };
  }
  view.ended(endedStatus(outcome), { failure: { error: outcome.error, ...lastPlace(view) } });
  await notices.handedOver();
  if (outcome.kind === 'cancelled') throw new CancelledFailure(wordsOf(view, outcome.error));
  throw failureOf(view, outcome.error);
}

const endedStatus = ({ kind }: Outcome): EndedStatus => (kind === 'skipped' ? 'failed' : kind);

/** Only a workflow whose cancellation was requested may close as cancelled, and it can't request its own. */
async function askForCancellation(isRootCancelled: () => boolean): Promise<void> {
  if (isRootCancelled()) return;
  await entities.requestCancellation({ deploymentId: workflowInfo().workflowId });
  await condition(isRootCancelled);
}

/** What to throw, as the last thing. */
export async function closeAsCancelled(isRootCancelled: () => boolean, words: string): Promise<CancelledFailure> {
  await CancellationScope.nonCancellable(() => askForCancellation(isRootCancelled));
  return new CancelledFailure(words);
}

/** Whether Temporal's own cancellation was asked for; `onCancel` hears of it at once. */
export function watchRoot(onCancel?: () => void): () => boolean {
  const root = CancellationScope.current();
  if (onCancel) root.cancelRequested.catch(onCancel);
  return () => root.consideredCancelled;
}

async function freeSlot({ state }: DeploymentView, slot: Slot, outcome: Outcome): Promise<void> {
  const at = new Date().toISOString();
  await slot.free({
    deploymentId: state.deploymentId,
    status: endedStatus(outcome),
    ...(outcome.kind === 'completed' && { changed: outcome.changed }),
    service: state.service,
    mode: state.current?.mode ?? null,
    durationSeconds: secondsBetween(state.startTime, at),
    at,
  });
}

/** Where it ended: the step of the last attempt, or none when it never began one. */
function lastPlace({ state }: DeploymentView) {
  return { step: state.current?.step ?? null, mode: state.current?.mode ?? null };
}

const wordsOf = ({ state }: DeploymentView, error: ErrorRecord): string =>
  say(error.text, error.params, state.language);

function failureOf(view: DeploymentView, error: ErrorRecord): ApplicationFailure {
  return ApplicationFailure.create({
    type: error.code,
    message: wordsOf(view, error),
    nonRetryable: true,
    details: [error],
  });
}
