// How workflows are decided for, whichever they are.
import type { WorkerOptions } from '@temporalio/worker';

export const DECISIONS: Partial<WorkerOptions> = {
  // After a kill its sticky queue holds up the next task for as long as this.
  stickyQueueScheduleToStartTimeout: '2 seconds',
  maxCachedWorkflows: 200,
  // No more are taken than are decided soon: those that wait at the server use up nothing of their few seconds.
  maxConcurrentWorkflowTaskExecutions: 6,
  nonStickyToStickyPollRatio: 0.5, // after a restart every workflow comes to it anew: one long history holds up no other
};
