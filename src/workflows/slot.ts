// A deployment's place among those that may run: given with its admission, or asked for.
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

/** The gate is only away while an operator replaces it; the worker starts it again. */
const RETRY_GATE = '2 seconds';
const GATE_TRIES_AT_THE_END = 30;
/** A gate that lost its past may not have found one that was started by hand. */
const ASK_AGAIN = '5 minutes';

export class Slot {
  #held = false;
  #known: boolean;
  #refusal: ErrorRecord | undefined;
  /** Then it waits for its slot, however long that takes. */
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
    if (this.#isOfBatch && error.code === 'queue_full') return; // it asks again
    this.#refusal = error;
  }

  /** Returns when the deployment may run, or why it may not. */
  async wait(): Promise<ErrorRecord | undefined> {
    const queued = !this.#held;
    if (queued) await this.#queue();
    if (this.#refusal) return this.#refusal;
    this.view.started(queued && this.#known);
    return undefined;
  }

  async #queue(): Promise<void> {
    const answered = (): boolean => this.#held || this.#refusal !== undefined;
    if (this.#known) return condition(answered); // the gate told it so with its start; no timer: hundreds may wait
    this.view.queued();
    await this.#ask();
    while (!(await condition(answered, ASK_AGAIN))) await this.#ask();
  }

  async #ask(): Promise<void> {
    const { deploymentId } = this.view.state;
    const service = this.view.state.service ?? this.request.config.service;
    const { supersede } = this.request.config;
    const whenFull = this.#isOfBatch ? 'queue' : whenFullOf(this.request);
    const asked = { deploymentId, whenFull, service, ...(supersede && { supersede }) } as const;
    for (;;) {
      try {
        await getExternalWorkflowHandle(GATE_ID).signal(requestSlotSignal, asked);
        this.#known = true;
        return;
      } catch (error) {
        if (isCancellation(error)) throw error; // any other failure says that there is no gate just now
        await sleep(RETRY_GATE);
      }
    }
  }

  /** Tells the gate of the end, whatever was held: a slot, a place in the queue, or nothing. */
  async free(ended: DeploymentEnded): Promise<void> {
    if (!this.#known) return;
    for (let tries = 1; ; tries += 1) {
      try {
        await getExternalWorkflowHandle(GATE_ID).signal(endedSignal, ended);
        return;
      } catch (error) {
        if (isCancellation(error)) throw error; // any other failure says that there is no gate just now
        if (tries === GATE_TRIES_AT_THE_END) return; // a new gate reads the ends off the deployments themselves
        await sleep(RETRY_GATE);
      }
    }
  }
}
