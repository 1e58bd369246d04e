// Reads, starts and cancels batches in Temporal.
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import { SlipwayError } from '../contract/errors.js';
import { batchQuery, cancelSignal, type BatchInput } from '../contract/messages.js';
import { STATUSES_MEMO, TASK_QUEUE, VIEW_MEMO, WORKFLOWS } from '../contract/names.js';
import type { BatchItemStatus } from '../contract/states.js';
import type { BatchState } from '../contract/batches.js';
import { isUnreachable, READ_MS, type TemporalCalls, type MaybeStale } from './temporal-calls.js';
import type { TemporalClock } from './temporal-clock.js';
import { ANSWER_MS, retryUntilReachable } from './updates.js';

/** The memo field with the digest of the request body, next to the view. */
const BODY_MEMO = 'body';
/** The period for which an idempotency key is valid, the same as for deployments. */
const KEY_KEPT_MS = 24 * 60 * 60 * 1000;

export function createBatchGateway(
  { workflow, connection }: Pick<Client, 'workflow' | 'connection'>,
  { describe, query, reach }: TemporalCalls,
  clock: TemporalClock,
) {
  return { batchOfKey, cancelBatch, readBatch, startBatch };

  /**
   * Starts a batch, which is durable when this resolves. If the call gets no answer, the state in Temporal decides.
   * Returns the batch that was started. If the same call arrived twice at the same time, this is the other call's
   * batch.
   */
  async function startBatch(
    batch: Omit<BatchInput, 'answerBy'>,
    first: BatchState,
    bodyMac: string,
  ): Promise<BatchState> {
    const { batchId, items } = batch;
    const input: BatchInput = { ...batch, answerBy: (await clock.now()) + ANSWER_MS };
    try {
      await reach(READ_MS, () =>
        workflow.start(WORKFLOWS.batch, {
          workflowId: batchId,
          taskQueue: TASK_QUEUE,
          args: [input],
          workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
          memo: { [VIEW_MEMO]: first, [BODY_MEMO]: bodyMac },
          staticSummary: `Deploy ${items.length} services`,
        }),
      );
      return first;
    } catch (error) {
      const isTaken = error instanceof WorkflowExecutionAlreadyStartedError;
      const begun =
        isTaken || isUnreachableCall(error) ? await retryUntilReachable(() => begunBatch(batchId, bodyMac)) : undefined;
      if (!begun) throw error;
      return begun;
    }
  }

  /**
   * Returns the id for an idempotency key, and the batch if the key was already used. If an earlier batch has expired,
   * the next free id is used.
   */
  async function batchOfKey(key: string, bodyMac: string): Promise<{ batchId: string; before?: BatchState }> {
    for (let count = 1; ; count += 1) {
      const batchId = count === 1 ? key : `${key}_${count}`;
      const info = await describe(batchId, WORKFLOWS.batch);
      if (!info) return { batchId };
      if ((await clock.now()) - info.startTime.getTime() > KEY_KEPT_MS) continue;
      const before = await begunBatch(batchId, bodyMac);
      if (before) return { batchId, before };
    }
  }

  /**
   * Returns the batch with this id, or undefined if there is none. Throws `idempotency_key_reused` if its request had
   * another body.
   */
  async function begunBatch(batchId: string, bodyMac: string): Promise<BatchState | undefined> {
    const memo = (await describe(batchId, WORKFLOWS.batch))?.memo;
    if (!memo) return undefined;
    if (memo[BODY_MEMO] !== bodyMac) throw new SlipwayError('idempotency_key_reused');
    return (await readBatch(batchId))?.value;
  }

  async function readBatch(batchId: string): Promise<MaybeStale<BatchState> | undefined> {
    const answer = await query(() => workflow.getHandle(batchId).query(batchQuery));
    // A foreign workflow may answer with something else.
    if (answer?.batchId === batchId) return { value: answer, stale: false };
    const info = await describe(batchId, WORKFLOWS.batch);
    const lastState = info?.memo?.[VIEW_MEMO] as BatchState | undefined;
    if (!info || !lastState) return undefined;
    if (lastState.status !== 'running') return { value: lastState, stale: false };
    const value = lastKnownState(lastState, info.memo?.[STATUSES_MEMO] as BatchItemStatus[] | undefined);
    if (info.status.name === 'RUNNING') return { value, stale: true };
    const endTime = (info.closeTime ?? new Date()).toISOString(); // terminated, so the workflow couldn't set its end
    return { value: { ...value, status: 'failed', endTime }, stale: false };
  }

  /**
   * Signals the cancellation and waits for the end. Returns undefined if there is no such batch, and `cancelling` if
   * the end takes longer than `waitMs`.
   */
  async function cancelBatch(batchId: string, waitMs: number): Promise<BatchState | 'cancelling' | undefined> {
    const batch = await readBatch(batchId);
    if (batch?.value.status !== 'running') return batch?.value;
    const handle = workflow.getHandle(batchId);
    try {
      await reach(READ_MS, () => handle.signal(cancelSignal, { by: 'user' }));
      await connection.withDeadline(Date.now() + waitMs, () => handle.result());
    } catch (error) {
      if (error instanceof SlipwayError) throw error;
      if (isUnreachable(error)) return 'cancelling';
      if (error instanceof WorkflowNotFoundError) return (await readBatch(batchId))?.value; // the batch has just ended
      // any other error is the workflow's result, which its state has
    }
    return (await readBatch(batchId))?.value;
  }
}

/** Returns the last known state: the memo has the initial state and the current statuses of the items. */
function lastKnownState(began: BatchState, statuses: readonly BatchItemStatus[] = []): BatchState {
  return { ...began, items: began.items.map((item, index) => ({ ...item, status: statuses[index] ?? item.status })) };
}

const isUnreachableCall = (error: unknown): boolean =>
  error instanceof SlipwayError && error.code === 'temporal_unavailable';
