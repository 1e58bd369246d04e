// What the API asks of batches.
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import { SlipwayError } from '../contract/errors.js';
import { batchQuery, cancelSignal, type BatchInput } from '../contract/messages.js';
import { STATUSES_MEMO, TASK_QUEUE, VIEW_MEMO, WORKFLOWS } from '../contract/names.js';
import type { BatchItemStatus } from '../contract/states.js';
import type { BatchState } from '../contract/batches.js';
import { isUnreachable, READ_MS, type TemporalCalls, type Told } from './temporal-calls.js';
import type { TemporalClock } from './temporal-clock.js';
import { ANSWER_MS, untilTold } from './updates.js';

/** The digest of the body it was asked with, beside its view. */
const BODY_MEMO = 'body';
/** As of a deployment's key (contract §3.2). */
const KEY_KEPT_MS = 24 * 60 * 60 * 1000;

export function createBatchGateway(
  { workflow, connection }: Pick<Client, 'workflow' | 'connection'>,
  { describe, query, reach }: TemporalCalls,
  clock: TemporalClock,
) {
  return { batchOfKey, cancelBatch, readBatch, startBatch };

  /**
   * Durable once this resolves. No answer is not a no: what stands in Temporal decides. Returns what was begun, which is an
   * earlier batch where the same call came twice at once.
   */
  async function startBatch(
    asked: Omit<BatchInput, 'answerBy'>,
    first: BatchState,
    bodyMac: string,
  ): Promise<BatchState> {
    const { batchId, items } = asked;
    const input: BatchInput = { ...asked, answerBy: (await clock.now()) + ANSWER_MS };
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
        isTaken || isUnreachableCall(error) ? await untilTold(() => begunBatch(batchId, bodyMac)) : undefined;
      if (!begun) throw error;
      return begun;
    }
  }

  /** The batch that a key stands for, and its id: that of an earlier one whose day is over is not taken again. */
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

  /** Undefined when there is none of that id; refused when it was asked with another body. */
  async function begunBatch(batchId: string, bodyMac: string): Promise<BatchState | undefined> {
    const memo = (await describe(batchId, WORKFLOWS.batch))?.memo;
    if (!memo) return undefined;
    if (memo[BODY_MEMO] !== bodyMac) throw new SlipwayError('idempotency_key_reused');
    return (await readBatch(batchId))?.value;
  }

  async function readBatch(batchId: string): Promise<Told<BatchState> | undefined> {
    const answer = await query(() => workflow.getHandle(batchId).query(batchQuery));
    if (answer?.batchId === batchId) return { value: answer, stale: false }; // a stranger's answer is of something else
    const info = await describe(batchId, WORKFLOWS.batch);
    const known = info?.memo?.[VIEW_MEMO] as BatchState | undefined;
    if (!info || !known) return undefined;
    if (known.status !== 'running') return { value: known, stale: false };
    const value = lastTold(known, info.memo?.[STATUSES_MEMO] as BatchItemStatus[] | undefined);
    if (info.status.name === 'RUNNING') return { value, stale: true };
    const endTime = (info.closeTime ?? new Date()).toISOString(); // terminated: it could not say so itself
    return { value: { ...value, status: 'failed', endTime }, stale: false };
  }

  /** Signals the cancel and waits for the end. Undefined: not known. `cancelling`: it takes longer than `waitMs`. */
  async function cancelBatch(batchId: string, waitMs: number): Promise<BatchState | 'cancelling' | undefined> {
    const told = await readBatch(batchId);
    if (told?.value.status !== 'running') return told?.value;
    const handle = workflow.getHandle(batchId);
    try {
      await reach(READ_MS, () => handle.signal(cancelSignal, { by: 'user' }));
      await connection.withDeadline(Date.now() + waitMs, () => handle.result());
    } catch (error) {
      if (error instanceof SlipwayError) throw error;
      if (isUnreachable(error)) return 'cancelling';
      if (error instanceof WorkflowNotFoundError) return (await readBatch(batchId))?.value; // it ended in the same moment
      // any other error is how it ended, which its state tells
    }
    return (await readBatch(batchId))?.value;
  }
}

/** Its memo holds how it began, and the statuses since. */
function lastTold(began: BatchState, statuses: readonly BatchItemStatus[] = []): BatchState {
  return { ...began, items: began.items.map((item, index) => ({ ...item, status: statuses[index] ?? item.status })) };
}

const isUnreachableCall = (error: unknown): boolean =>
  error instanceof SlipwayError && error.code === 'temporal_unavailable';
