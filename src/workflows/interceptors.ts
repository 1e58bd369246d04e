// Prevents that queries change what a workflow does. All workflows run with these interceptors.
//
// A query can arrive together with events that have no workflow task yet. The SDK's core then runs the workflow over
// these events, with the time of the last task. The next task contains these events and maybe others, and only the task
// is recorded. A replay therefore runs the workflow differently, and fails. To avoid this, a run without a task fails
// here. The worker then drops the workflow from its cache, the client repeats the query (src/premature-queries.ts), and
// the task runs all events.
import type { ActivateInput, WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { PREMATURE_QUERY } from '../contract/names.js';

type Activation = ActivateInput['activation'];
type Job = NonNullable<Activation['jobs']>[number];

/** The figures that each workflow task changes. Its start in the history has a time and the history's size. */
interface Progress {
  /** The id of the last event. */
  events: number;
  bytes: string;
  time: string;
}

/** Of servers that don't measure histories. */
const UNKNOWN_BYTES = '0';

export const interceptors: WorkflowInterceptorsFactory = () => {
  let before: Progress | undefined;
  return {
    internals: [
      {
        activate(input, next) {
          const { activation, batchIndex } = input;
          const isFirstBatch = batchIndex === 0;
          const now = progressOf(activation);
          if (isFirstBatch && before && isPremature(activation, before, now)) throw new Error(PREMATURE_QUERY);
          if (isFirstBatch && !isQuery(activation)) before = now;
          next(input);
        },
      },
    ],
  };
};

/**
 * Returns true for new events without a workflow task. In a replay every event has its task. In the rare case of a
 * task without a new size and time, because the clock was set back, its next attempt has both.
 */
function isPremature({ isReplaying, jobs }: Activation, before: Progress, now: Progress): boolean {
  if (isReplaying || now.events <= before.events || now.bytes === UNKNOWN_BYTES) return false;
  return now.bytes === before.bytes && now.time === before.time && (jobs ?? []).some(isOfAnEvent);
}

const isQuery = ({ jobs }: Activation): boolean => (jobs ?? []).every(({ queryWorkflow }) => queryWorkflow != null);

function isOfAnEvent(job: Job): boolean {
  if (job.resolveActivity) return job.resolveActivity.isLocal !== true;
  return [
    job.signalWorkflow,
    job.fireTimer,
    job.cancelWorkflow,
    job.resolveChildWorkflowExecutionStart,
    job.resolveChildWorkflowExecution,
    job.resolveSignalExternalWorkflow,
  ].some((variant) => variant != null);
}

function progressOf({ historyLength, historySizeBytes, timestamp }: Activation): Progress {
  return {
    events: historyLength ?? 0,
    bytes: String(historySizeBytes ?? 0),
    time: `${String(timestamp?.seconds ?? 0)}.${timestamp?.nanos ?? 0}`,
  };
}
