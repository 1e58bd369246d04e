// Gate and registry live for ever. One whose history this version can't replay would stand still for ever: it is ended, so
// that it is founded anew and reads its past off the others.
//
// While two versions of Slipway run beside each other, the older one can't replay what the newer one has begun. So it is
// left alone for a minute, in which the newer one has its turn.
import { DeterminismViolationError } from '@temporalio/workflow';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { ignoringAbsent } from './entities.js';
import type { WatcherLog } from './reporter.js';

const PATIENCE_MS = 60_000;

export interface ReplayDeps {
  client: Client;
  workflowBundle: NonNullable<WorkerOptions['workflowBundle']>;
  log: WatcherLog;
  /** Tests shorten it. */
  patienceMs?: number;
}

/** Ends a workflow whose task has failed for so long, if its history can't be replayed. To be called again and again. */
export function createUnreplayableEnder({ client, workflowBundle, log, patienceMs = PATIENCE_MS }: ReplayDeps) {
  const failing = new Map<string, { task: string; sinceMs: number }>();

  return async (workflowId: string): Promise<void> => {
    const info = await ignoringAbsent(() => client.workflow.getHandle(workflowId).describe());
    const task = info && failingTask(info);
    if (info === undefined || task === undefined) {
      failing.delete(workflowId);
      return;
    }
    const known = failing.get(workflowId);
    const seen = known?.task === task ? known : { task, sinceMs: performance.now() };
    failing.set(workflowId, seen);
    if (performance.now() - seen.sinceMs < patienceMs) return;
    const handle = client.workflow.getHandle(workflowId, info.runId);
    if (await canReplay(await handle.fetchHistory(), workflowId)) return;
    log.warn({ workflow: workflowId, run: info.runId }, 'a history can’t be replayed: the workflow begins anew');
    await handle.terminate('its history can’t be replayed by this version of Slipway');
  };

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

/** The task that is tried again, by its run and the time of its first try. */
function failingTask({ runId, raw }: WorkflowExecutionDescription): string | undefined {
  const { attempt, originalScheduledTime: at } = raw.pendingWorkflowTask ?? {};
  return (attempt ?? 0) > 1 ? `${runId} ${String(at?.seconds)}.${String(at?.nanos)}` : undefined;
}
