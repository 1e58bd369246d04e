// What a service says to others: answers to deployments, its row to the registry, its memo. Sent by the main loop.
import { getExternalWorkflowHandle, isCancellation, log, upsertMemo } from '@temporalio/workflow';
import { activationEndedSignal, rowSignal, type ActivationOutcome } from '../contract/messages.js';
import { REGISTRY_ID, VIEW_MEMO } from '../contract/names.js';
import { recordEvent, serviceView, type ServiceState } from './service-state.js';

interface Answer {
  deploymentId: string;
  activationId: string;
  outcome: ActivationOutcome;
}

export class Announcer {
  readonly #answers: Answer[] = [];
  #changed = false;

  constructor(readonly state: ServiceState) {}

  get waiting(): boolean {
    return this.#changed || this.#answers.length > 0;
  }

  answer(deploymentId: string, activationId: string, outcome: ActivationOutcome): void {
    this.#answers.push({ deploymentId, activationId, outcome });
  }

  /** Saves the memo now (with the change itself), and has the registry told. */
  changed(changes: Partial<Pick<ServiceState, 'status' | 'health' | 'message'>> = {}): void {
    this.#record(changes);
    Object.assign(this.state, changes, { updatedAt: new Date().toISOString() });
    upsertMemo({ [VIEW_MEMO]: serviceView(this.state) });
    this.#changed = true;
  }

  #record({ status, health }: Partial<Pick<ServiceState, 'status' | 'health'>>): void {
    const { state } = this;
    if (status !== undefined && status !== state.status)
      recordEvent(state, { type: 'status_changed', from: state.status, to: status, details: {} });
    if (health !== undefined && health !== state.health)
      recordEvent(state, { type: 'health_changed', from: state.health, to: health, details: {} });
  }

  async send(): Promise<void> {
    const told = this.#answers.splice(0).map(({ deploymentId, activationId, outcome }) => {
      const deployment = getExternalWorkflowHandle(deploymentId);
      return tell(deploymentId, () => deployment.signal(activationEndedSignal, { activationId, outcome }));
    });
    if (this.#changed) {
      this.#changed = false;
      const registry = getExternalWorkflowHandle(REGISTRY_ID);
      told.push(tell('the registry', () => registry.signal(rowSignal, serviceView(this.state))));
    }
    await Promise.all(told);
  }
}

/** A signal to another workflow only fails when that one has ended: then nobody waits for it any more. */
async function tell(whom: string, signal: () => Promise<void>): Promise<void> {
  try {
    await signal();
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('nobody was there to be told', { whom, error });
  }
}
