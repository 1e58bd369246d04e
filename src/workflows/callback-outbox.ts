// Sends a deployment's events, in order, to the workflow that delivers them to its callback URL.
import {
  CancellationScope,
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  patched,
  startChild,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import { callbackBody, isTold, type CallbackBody } from '../contract/callbacks.js';
import { eventSignal } from '../contract/messages.js';
import { callbacksWorkflowId, DECISION_TIMEOUT, WORKFLOWS } from '../contract/names.js';
import type { StartRequest } from '../contract/requests.js';
import type { DeploymentEvent, DeploymentState } from '../contract/views.js';
import type { callbacks } from './callbacks.js';
import { signalWorkflow } from './signal-workflow.js';

/**
 * Runs beside the deployment, which waits for it only at its end: this takes milliseconds, whatever the receiver does.
 */
export class CallbackOutbox {
  #sequence = 0;
  #waiting: CallbackBody[] = [];
  #isBegun = false;
  #sending: Promise<void> | undefined;

  constructor(
    readonly state: DeploymentState,
    readonly request: StartRequest,
  ) {}

  hear(event: DeploymentEvent): void {
    const { callback_url: url, config } = this.request;
    if (url === undefined || !isTold(event, { notifications: config.notifications_enabled })) return;
    if (!patched('callbacks')) return;
    this.#sequence += 1;
    this.#waiting.push(callbackBody(this.state, event, this.#sequence));
    this.#sending ??= CancellationScope.nonCancellable(() => this.#send(url));
  }

  /** Resolves when the delivering workflow has all events so far. */
  async handedOver(): Promise<void> {
    while (this.#sending) await this.#sending;
  }

  async #send(url: string): Promise<void> {
    const workflowId = callbacksWorkflowId(this.state.deploymentId);
    try {
      if (!this.#isBegun) await this.#begin(workflowId, url);
      while (this.#waiting.length > 0) {
        const bodies = this.#waiting.splice(0);
        await signalWorkflow(workflowId, () => getExternalWorkflowHandle(workflowId).signal(eventSignal, bodies));
      }
    } finally {
      this.#sending = undefined; // in the same turn as the last check, so a later event starts a new send
    }
  }

  async #begin(workflowId: string, url: string): Promise<void> {
    const { deploymentId, service, language } = this.state;
    this.#isBegun = true;
    try {
      await startChild<typeof callbacks>(WORKFLOWS.callbacks, {
        workflowId,
        args: [{ deploymentId, service, url, language }],
        workflowTaskTimeout: DECISION_TIMEOUT,
        parentClosePolicy: ParentClosePolicy.ABANDON, // deliveries to a receiver that is down are retried for days
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        staticSummary: `Callbacks of ${deploymentId}`,
      });
    } catch (error) {
      log.error('nobody delivers the callbacks of this deployment', { error });
    }
  }
}
