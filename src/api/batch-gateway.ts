// What the API asks of batches.
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { WorkflowIdReusePolicy } from '@temporalio/common';
import { SlipwayError } from '../contract/errors.js';
import { batchQuery, cancelSignal, type BatchInput } from '../contract/messages.js';
import { TASK_QUEUE, VIEW_MEMO, WORKFLOWS } from '../contract/names.js';
import type { BatchState } from '../contract/views.js';
import { isUnreachable, READ_MS, type TemporalCalls, type Told } from './temporal-calls.js';

/** The digest of the body it was asked with, beside its view. */
const BODY_MEMO = 'body';

export function createBatchGateway(
  { workflow, connection }: Pick<Client, 'workflow' | 'connection'>,
  { describe, query, reach }: TemporalCalls,
) {
  return { cancelBatch, readBatch, repeatedBatch, startBatch };

  /** Durable once this resolves. No answer is not a no: what stands in Temporal decides. */
  async function startBatch(input: BatchInput, first: BatchState, bodyMac: string): Promise<void> {
    const { batchId, items } = input;
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
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return; // the same call, sent twice
      if (!(await describe(batchId, WORKFLOWS.batch).catch(() => undefined))) throw error;
    }
  }

  /** The batch of that id, when the same was asked before. */
  async function repeatedBatch(batchId: string, bodyMac: string): Promise<BatchState | undefined> {
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
    if (info.status.name === 'RUNNING') return { value: known, stale: true };
    const endTime = (info.closeTime ?? new Date()).toISOString(); // terminated: it could not say so itself
    return { value: { ...known, status: 'failed', endTime }, stale: false };
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
