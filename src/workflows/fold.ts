// Folding: a workflow that lives long begins anew with what it knows, so that its history stays short.
import { makeContinueAsNewFunc, patched, workflowInfo, type Workflow } from '@temporalio/workflow';
import { DECISION_TIMEOUT } from '../contract/names.js';
import { moments } from './steps.js';

/**
 * A worker that has just begun goes through a whole history before it can answer a call, at about a millisecond an event
 * on a slow host: callers wait for so long, and no task may take longer than `DECISION_TIMEOUT`, or it is begun again and
 * again. Temporal itself suggests to fold at 4,096.
 */
const LONG_EVENTS = 1_000;
/** What a moment leaves in which nothing came: the end of its task, three of its activity, the next task planned and begun. */
const MOMENT_EVENTS = 6;
/** Where it is never silent, it is tried all the same. */
const MOMENTS = 20;

/** About how many events come into a history by each, with those of the tasks that it shares with others. */
const EVENTS = {
  /** A signal. */
  message: 3,
  /** An update that was accepted, and what it begins. */
  call: 10,
  /** A signal to another workflow. */
  telling: 5,
  /** A timer, and what is read then. */
  look: 8,
} as const;

/**
 * By the length that Temporal tells, or by what the workflow counts itself. One that takes calls (updates) must count: a
 * call that is refused makes a task that no history holds, or one with nothing in it, which no replay knows of, and a task
 * without an outcome is replayed as one with the next. The length is another then, and so would be what is decided by it.
 */
type Measure = 'told' | 'counted';

/** When a run is folded. To be made as it begins: runs of older versions wait for Temporal's word. */
export class Folding {
  readonly #isEarly = patched('folds-early');
  /** Else what the workflow counts itself does not decide. */
  readonly isCounted: boolean;
  readonly #longAfter: number;
  #counted = 0;
  #moments = 0;

  constructor(foldAfterEvents?: number, measure: Measure = 'told') {
    this.isCounted = measure === 'counted' && patched('folds-by-count');
    this.#longAfter = foldAfterEvents ?? (this.#isEarly ? LONG_EVENTS : Infinity);
  }

  /** Nothing but what stands in the history may be counted, and all that comes again and again has to be. */
  count(what: keyof typeof EVENTS): void {
    this.#counted += EVENTS[what];
  }

  /** Whether the history is long by now. */
  isDue(): boolean {
    if (this.isCounted) return this.#counted >= this.#longAfter;
    return workflowInfo().continueAsNewSuggested || workflowInfo().historyLength >= this.#longAfter;
  }

  /**
   * Whether anything came in the last moment. Temporal throws a fold away in whose task something came, and the next try
   * goes through the whole history first, so that ever more comes meanwhile: it is to be tried after a moment of silence.
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
 * By itself the next run would begin with the memo and the timeout that this one began with. The memo is what lists show, and
 * what is read while no worker answers; the timeout may be an older version's.
 */
export function fold<F extends Workflow>(...args: Parameters<F>): Promise<never> {
  const { memo } = workflowInfo();
  return makeContinueAsNewFunc<F>({ workflowTaskTimeout: DECISION_TIMEOUT, ...(memo && { memo }) })(...args);
}
