// A deployment's slot: it comes with the admission, or is requested from the gate.
import { condition, getExternalWorkflowHandle, isCancellation, sleep } from '@temporalio/workflow';
import type { ErrorRecord } from '../contract/errors.js';
import {
  endedSignal,
  requestSlotSignal,
  type Admission,
  type ApiAdmission,
  type DeploymentEnded,
  type Enrolment,
} from '../contract/messages.js';
import { GATE_ID } from '../contract/names.js';
import { whenFullOf } from '../contract/request-facts.js';
import type { StartRequest } from '../contract/requests.js';
import type { DeploymentView } from './view.js';

/** The gate is absent only while an operator replaces it. The worker starts it again. */
const RETRY_GATE = '2 seconds';
const GATE_TRIES_AT_THE_END = 30;
/** A gate that lost its state may not have found a deployment that was started manually, so the request is repeated. */
const ASK_AGAIN = '5 minutes';

export class Slot {
  #held = false;
  #known: boolean;
  #refusal: ErrorRecord | undefined;
  /** True for a batch's deployment, which waits for its slot without a limit. */
  readonly #isOfBatch: boolean;

  constructor(
    readonly view: DeploymentView,
    readonly request: StartRequest,
    from: ApiAdmission | Enrolment | undefined,
  ) {
    this.#isOfBatch = from !== undefined && 'batchId' in from;
    const admission = from && 'batchId' in from ? undefined : from;
    this.#known = admission !== undefined;
    this.#held = admission !== undefined && !admission.queued;
  }

  granted(admission: Admission): void {
    if (this.#held) return;
    this.#held = true;
    this.view.admitted(admission);
  }

  refused(error: ErrorRecord): void {
    if (this.#isOfBatch && error.code === 'queue_full') return; // the request is repeated
    this.#refusal = error;
  }

  /** Returns when the deployment can run, or the error why it can't. */
  async wait(): Promise<ErrorRecord | undefined> {
    const queued = !this.#held;
    if (queued) await this.#queue();
    if (this.#refusal) return this.#refusal;
    this.view.started(queued && this.#known);
    return undefined;
  }

  async #queue(): Promise<void> {
    const answered = (): boolean => this.#held || this.#refusal !== undefined;
    // The gate queued it with its start; no timer, because hundreds may wait.
    if (this.#known) return condition(answered);
    this.view.queued();
    await this.#ask();
    while (!(await condition(answered, ASK_AGAIN))) await this.#ask();
  }

  async #ask(): Promise<void> {
    const { deploymentId } = this.view.state;
    const service = this.view.state.service ?? this.request.config.service;
    const { supersede } = this.request.config;
    const whenFull = this.#isOfBatch ? 'queue' : whenFullOf(this.request);
    const slotRequest = { deploymentId, whenFull, service, ...(supersede && { supersede }) } as const;
    for (;;) {
      try {
        await getExternalWorkflowHandle(GATE_ID).signal(requestSlotSignal, slotRequest);
        this.#known = true;
        return;
      } catch (error) {
        if (isCancellation(error)) throw error; // any other failure means that the gate is absent
        await sleep(RETRY_GATE);
      }
    }
  }

  /** Sends the end to the gate, whether the deployment has a slot, a place in the queue, or nothing. */
  async free(ended: DeploymentEnded): Promise<void> {
    if (!this.#known) return;
    for (let tries = 1; ; tries += 1) {
      try {
        await getExternalWorkflowHandle(GATE_ID).signal(endedSignal, ended);
        return;
      } catch (error) {
        if (isCancellation(error)) throw error; // any other failure means that the gate is absent
        if (tries === GATE_TRIES_AT_THE_END) return; // a new gate reads the ends from the deployments themselves
        await sleep(RETRY_GATE);
      }
    }
  }
}
