// Ends a deployment: frees its slot before its end is visible, and closes the workflow with the matching Temporal
// status.
import { ApplicationFailure, CancellationScope, CancelledFailure, condition, workflowInfo } from '@temporalio/workflow';
import type { ErrorRecord } from '../contract/errors.js';
import type { EndedStatus } from '../contract/states.js';
import { translate } from '../contract/texts.js';
import { secondsBetween } from '../contract/views.js';
import type { CallbackOutbox } from './callback-outbox.js';
import type { Outcome } from './outcome.js';
import type { Slot } from './slot.js';
import { entities } from './steps.js';
import type { DeploymentView } from './view.js';

/** The result of a completed deployment, as `temporal workflow show` prints it. */
export interface DeploymentResult {
  status: 'completed';
  release?: string;
  url?: string;
  changed: boolean;
}

export async function endDeployment(
  view: DeploymentView,
  slot: Slot,
  notices: CallbackOutbox,
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

/**
 * Requests the cancellation of this workflow and waits for it. A workflow can close as cancelled only if its
 * cancellation was requested, and it can't request this itself.
 */
async function askForCancellation(isRootCancelled: () => boolean): Promise<void> {
  if (isRootCancelled()) return;
  await entities.requestCancellation({ deploymentId: workflowInfo().workflowId });
  await condition(isRootCancelled);
}

/** Returns the error to throw as the last statement of a workflow. */
export async function closeAsCancelled(isRootCancelled: () => boolean, words: string): Promise<CancelledFailure> {
  await CancellationScope.nonCancellable(() => askForCancellation(isRootCancelled));
  return new CancelledFailure(words);
}

/** Returns a function that is true if Temporal's own cancellation was requested. `onCancel` is called immediately. */
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

/** Returns the step and mode of the last attempt, or nulls if there was no attempt. */
function lastPlace({ state }: DeploymentView) {
  return { step: state.current?.step ?? null, mode: state.current?.mode ?? null };
}

const wordsOf = ({ state }: DeploymentView, error: ErrorRecord): string =>
  translate(error.text, error.params, state.language);

function failureOf(view: DeploymentView, error: ErrorRecord): ApplicationFailure {
  return ApplicationFailure.create({
    type: error.code,
    message: wordsOf(view, error),
    nonRetryable: true,
    details: [error],
  });
}
