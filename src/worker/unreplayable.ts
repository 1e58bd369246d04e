// The gate and the registry never end by themselves. If no worker can replay the history of one, it makes no progress. So
// the worker terminates it, and starts a new one, which reads its state from the other workflows.
//
// While two versions of Slipway run at once, the older one can't replay histories of the newer one. So the worker first
// waits for a minute, in which a newer one can answer.
import { DeterminismViolationError } from '@temporalio/workflow';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { ignoringAbsent } from './entities.js';
import type { WatcherLog } from './reporter.js';

const PATIENCE_MS = 60_000;
const ANSWER_MS = 5_000;

export interface ReplayDeps {
  client: Client;
  workflowBundle: NonNullable<WorkerOptions['workflowBundle']>;
  log: WatcherLog;
  /** Tests shorten it. */
  patienceMs?: number;
}

/** Ends a workflow that has answered nothing for so long, if its history can't be replayed. To be called again and again. */
export function createUnreplayableEnder({ client, workflowBundle, log, patienceMs = PATIENCE_MS }: ReplayDeps) {
  const silentSinceMs = new Map<string, number>();

  return async (workflowId: string): Promise<void> => {
    const info = await ignoringAbsent(() => client.workflow.getHandle(workflowId).describe());
    if (info === undefined || !(await isSilent(info))) {
      silentSinceMs.delete(workflowId);
      return;
    }
    const sinceMs = silentSinceMs.get(workflowId) ?? performance.now();
    silentSinceMs.set(workflowId, sinceMs);
    if (performance.now() - sinceMs < patienceMs) return;
    const handle = client.workflow.getHandle(workflowId, info.runId);
    if (await canReplay(await handle.fetchHistory(), workflowId)) return;
    log.warn({ workflow: workflowId, run: info.runId }, 'a history can’t be replayed: the workflow begins anew');
    await handle.terminate('its history can’t be replayed by this version of Slipway');
  };

  /** Whether it has something to decide, and no worker can say how it stands. Signals come to such a one all the same. */
  async function isSilent({ raw, workflowId }: WorkflowExecutionDescription): Promise<boolean> {
    if (!raw.pendingWorkflowTask) return false;
    try {
      const ask = (): Promise<unknown> => client.workflow.getHandle(workflowId).query('__stack_trace');
      await client.connection.withDeadline(Date.now() + ANSWER_MS, ask);
      return false;
    } catch (error) {
      log.warn({ workflow: workflowId, err: error }, 'a workflow does not answer');
      return true;
    }
  }

  async function canReplay(history: unknown, workflowId: string): Promise<boolean> {
    try {
      await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
      return true;
    } catch (error) {
      if (error instanceof DeterminismViolationError) return false;
      throw error;
    }
  }
}
