// Folding: a workflow that lives long begins anew with what it knows, so that its history stays short.
import { makeContinueAsNewFunc, workflowInfo, type Workflow } from '@temporalio/workflow';
import { DECISION_TIMEOUT } from '../contract/names.js';

/** The server suggests it at about 4,000 events; tests ask for it earlier. */
export function isLong(foldAfterEvents = Infinity): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested || historyLength >= foldAfterEvents;
}

/** Also what an older version began comes to today's timeout by this; by itself the next run would inherit the old one. */
export function fold<F extends Workflow>(...args: Parameters<F>): Promise<never> {
  return makeContinueAsNewFunc<F>({ workflowTaskTimeout: DECISION_TIMEOUT })(...args);
}
