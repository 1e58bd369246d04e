// Runs a set of deployments in the order of their dependencies. Each item is one deployment with its own result.
import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import { batchQuery, cancelSignal, type BatchInput, type BatchItem, type Enrolment } from '../contract/messages.js';
import { STATUSES_MEMO, VIEW_MEMO } from '../contract/names.js';
import type { BatchState } from '../contract/batches.js';
import { BatchProgress } from './batch-progress.js';
import { closeAsCancelled, watchRoot } from './ending.js';
import { errorOf } from './failure.js';
import { startDeployment } from './start-deployment.js';
import { entities } from './steps.js';
import { signalWorkflow } from './signal-workflow.js';
import { enrolledState } from './view.js';

export async function batch(input: BatchInput): Promise<BatchState> {
  const progress = new BatchProgress(input, new Date().toISOString());
  const isRootCancelled = watchRoot(cancel);
  const underWay = new Set<string>();
  let news = 0;

  setHandler(batchQuery, () => progress.state);
  setHandler(cancelSignal, cancel);
  // The API has already reported to its caller that the batch was not accepted.
  if (workflowInfo().startTime.getTime() > input.answerBy) progress.cancel();
  // After a cancellation, the items still end first, each by itself.
  const status = await CancellationScope.nonCancellable(runAll);
  upsertMemo({ [VIEW_MEMO]: progress.state });
  if (status === 'cancelled') throw await closeAsCancelled(isRootCancelled, 'the batch was cancelled');
  if (status === 'failed')
    throw ApplicationFailure.nonRetryable('not every item completed', 'batch_failed', progress.state);
  return progress.state;

  async function runAll() {
    while (!progress.isOver) {
      const newsBefore = news;
      for (const item of progress.take()) void run(item).finally(() => (news += 1));
      upsertMemo({ [STATUSES_MEMO]: progress.statuses }); // the API reads this memo while no worker responds
      await condition(() => news !== newsBefore || progress.isOver);
    }
    return progress.end(new Date().toISOString());
  }

  /** Cancels the deployments that are running. The other items don't start. */
  function cancel(): void {
    if (progress.isCancelled) return;
    progress.cancel();
    news += 1;
    for (const deploymentId of underWay) void cancelDeployment(deploymentId);
  }

  async function run(item: BatchItem): Promise<void> {
    try {
      const down = await firstDown(neededBy(item));
      if (down !== undefined) {
        progress.ended(item, 'skipped', { text: 'batch.dependency_down', params: { service: down } });
        return;
      }
      await deploy(item);
      progress.ended(item, 'completed');
    } catch (error) {
      const { text, params } = errorOf(error instanceof ChildWorkflowFailure ? error.cause : error);
      if (!isCancellation(error)) progress.ended(item, 'failed', { text, params });
      else
        progress.ended(item, 'cancelled', {
          text: progress.isCancelled ? 'batch.cancelled' : 'batch.item_cancelled',
          params: {},
        });
    }
  }

  async function deploy({ deploymentId, service, request, configMac }: BatchItem): Promise<void> {
    const enrolment: Enrolment = { batchId: input.batchId, service, configMac };
    const child = await startDeployment(enrolledState(deploymentId, request, enrolment), request, enrolment);
    underWay.add(deploymentId);
    if (progress.isCancelled) void cancelDeployment(deploymentId);
    try {
      await child.result();
    } finally {
      underWay.delete(deploymentId);
    }
  }
}

/**
 * Returns the services that an item needs. Services that the batch deployed earlier may have been stopped since, so
 * they are checked too.
 */
function neededBy({ needs, after }: BatchItem): readonly string[] {
  return after.length > 0 && patched('after-is-up') ? [...needs, ...after] : needs;
}

/** Returns the first service that isn't up. The batch doesn't wait for it, because no item starts it. */
async function firstDown(needs: readonly string[]): Promise<string | undefined> {
  const views = await Promise.all(needs.map((service) => entities.readService({ service })));
  return needs.find((_, index) => !['running', 'degraded'].includes(views[index]?.status ?? ''));
}

/**
 * Sends the signal in a scope of its own, because a cancelled scope can't send: Temporal's own cancellation may have
 * cancelled the current scope.
 */
const cancelDeployment = (deploymentId: string): Promise<void> =>
  CancellationScope.nonCancellable(() =>
    signalWorkflow(deploymentId, () => getExternalWorkflowHandle(deploymentId).signal(cancelSignal, { by: 'user' })),
  );
