// Terminates the gate or the registry if no worker can replay its history, because it then makes no progress. Neither
// ends by itself. The worker then starts a new one, which reads its state from the other workflows.
//
// While two versions of Slipway run at the same time, the older one can't replay histories of the newer one. So the
// worker first waits for a minute, in which a newer one can answer.
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

/**
 * Returns a function that terminates a workflow which has not answered for this time, if its history can't be replayed.
 * Call the function repeatedly.
 */
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

  /**
   * Returns true if a workflow task is pending and no worker answers a query. Signals still arrive at this workflow.
   */
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
