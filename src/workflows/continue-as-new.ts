// Continue-as-new: a workflow that lives long starts a new run with its state, so that its history stays short.
import { makeContinueAsNewFunc, patched, workflowInfo, type Workflow } from '@temporalio/workflow';
import { DECISION_TIMEOUT } from '../contract/names.js';
import { moments } from './steps.js';

/**
 * The number of events after which a run continues as new. A worker that has just started replays a whole history
 * before it can answer a call. This takes about a millisecond an event on a slow host. Callers wait for this long, and
 * a task that takes longer than `DECISION_TIMEOUT` is started again and again. Temporal itself suggests continue-as-new
 * at 4,096 events.
 */
const LONG_EVENTS = 1_000;
/**
 * The events of a moment in which nothing arrives: the end of its task, three of its activity, the next task scheduled
 * and started.
 */
const MOMENT_EVENTS = 6;
/** The number of moments to wait for silence. After them, the run continues as new even if signals still arrive. */
const MOMENTS = 20;

/** The approximate number of events for each cause, including a share of the workflow tasks. */
const EVENTS = {
  /** A signal. */
  message: 3,
  /** An accepted update, and the work that it starts. */
  call: 10,
  /** A signal to another workflow. */
  telling: 5,
  /** A timer and the read after it. */
  look: 8,
} as const;

/**
 * Measures the length by Temporal's figure, or by the workflow's own count. A workflow that takes updates must count. A
 * rejected update makes a task that the history doesn't hold, or an empty task that no replay repeats. A task without
 * an outcome is replayed together with the next task. The length then differs in a replay, and so would any decision
 * that depends on it.
 */
type Measure = 'told' | 'counted';

/**
 * Decides when a run continues as new. Create it when the run starts: runs of older versions wait for Temporal's
 * suggestion.
 */
export class HistoryLimit {
  readonly #isEarly = patched('folds-early');
  /** If false, the workflow's own count decides nothing. */
  readonly isCounted: boolean;
  readonly #longAfter: number;
  #counted = 0;
  #moments = 0;

  constructor(foldAfterEvents?: number, measure: Measure = 'told') {
    this.isCounted = measure === 'counted' && patched('folds-by-count');
    this.#longAfter = foldAfterEvents ?? (this.#isEarly ? LONG_EVENTS : Infinity);
  }

  /** Adds events to the count. Count only causes that are in the history, and count every recurring cause. */
  count(what: keyof typeof EVENTS): void {
    this.#counted += EVENTS[what];
  }

  /** Returns true if the history is long enough to continue as new. */
  isDue(): boolean {
    if (this.isCounted) return this.#counted >= this.#longAfter;
    return workflowInfo().continueAsNewSuggested || workflowInfo().historyLength >= this.#longAfter;
  }

  /**
   * Returns true if anything arrived in the last moment. Temporal discards a continue-as-new if something arrived
   * during its task, and the next attempt replays the whole history first, so even more arrives meanwhile. Continue
   * after a moment of silence instead.
   */
  async isDisturbed(): Promise<boolean> {
    this.#moments += 1;
    if (!this.#isEarly || this.#moments > MOMENTS) return false;
    const before = this.isCounted ? this.#counted : workflowInfo().historyLength + MOMENT_EVENTS;
    await moments.passMoment();
    return (this.isCounted ? this.#counted : workflowInfo().historyLength) > before;
  }
}

/**
 * Continues as new with the current memo and task timeout. By default, the next run would start with the memo and the
 * timeout of this run's start. Lists show the memo, and the API reads it while no worker responds; the timeout may be
 * an older version's.
 */
export function startNextRun<F extends Workflow>(...args: Parameters<F>): Promise<never> {
  const { memo } = workflowInfo();
  return makeContinueAsNewFunc<F>({ workflowTaskTimeout: DECISION_TIMEOUT, ...(memo && { memo }) })(...args);
}
