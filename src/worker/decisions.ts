// The options for workflow tasks of all workflow types.
import type { WorkerOptions } from '@temporalio/worker';

export const DECISIONS: Partial<WorkerOptions> = {
  // After a worker is killed, its sticky queue delays the next task by this time.
  stickyQueueScheduleToStartTimeout: '2 seconds',
  maxCachedWorkflows: 200,
  // A small number, so that each task starts soon after it is taken. Tasks that wait at the server don't use up their
  // time limit of a few seconds.
  maxConcurrentWorkflowTaskExecutions: 6,
  // After a restart, every workflow starts without a cache: a long history must not delay the others.
  nonStickyToStickyPollRatio: 0.5,
};
