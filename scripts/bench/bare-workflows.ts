// What an admission costs at the least: an update that starts a child, with nothing of Slipway in it.
import {
  ApplicationFailure,
  condition,
  defineUpdate,
  ParentClosePolicy,
  setHandler,
  startChild,
} from '@temporalio/workflow';
import type { AdmitAnswer, AdmitInput } from '../../src/contract/messages.js';

export const BARE_QUEUE = 'bench';
export const bareAdmit = defineUpdate<AdmitAnswer, [AdmitInput]>('bareAdmit');

export async function bareGate(): Promise<void> {
  const admitted = new Set<string>();
  setHandler(bareAdmit, admit, { validator: mayAdmit });
  await condition(() => false);

  function mayAdmit({ deploymentId, answerBy }: AdmitInput): void {
    if (admitted.has(deploymentId) || Date.now() > answerBy) throw ApplicationFailure.nonRetryable('refused');
  }

  /** As the gate does: the child's start is issued, not awaited. */
  function admit({ deploymentId, request }: AdmitInput): AdmitAnswer {
    admitted.add(deploymentId);
    void startChild(bareDeployment, {
      workflowId: deploymentId,
      args: [request],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
    const startTime = new Date().toISOString();
    return { deploymentId, status: 'queued', startTime, estimatedSeconds: 120, queuePosition: admitted.size };
  }
}

/** Stays open, as a queued deployment does. */
export async function bareDeployment(_request: unknown): Promise<void> {
  await condition(() => false);
}
