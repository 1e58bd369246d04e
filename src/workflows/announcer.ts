// Sends a service's changes: outcomes to deployments, its row to the registry, and its memo. The service's main loop
// calls it.
import { getExternalWorkflowHandle, upsertMemo } from '@temporalio/workflow';
import { activationEndedSignal, rowSignal, type ActivationOutcome } from '../contract/messages.js';
import { REGISTRY_ID, VIEW_MEMO } from '../contract/names.js';
import { rowOf } from '../contract/views.js';
import {
  dependenciesReason,
  isDegraded,
  recordEvent,
  serviceView,
  toldHealth,
  toldStatus,
  type ServiceState,
} from './service-state.js';
import { signalWorkflow } from './signal-workflow.js';

type Changes = Partial<Pick<ServiceState, 'status' | 'health' | 'message' | 'registration' | 'ailing'>>;

interface Answer {
  deploymentId: string;
  activationId: string;
  outcome: ActivationOutcome;
}

/** Returns the reason for a state that depends on other services. */
function reasonOfState(state: ServiceState): ServiceState['message'] {
  if (isDegraded(state)) return dependenciesReason(state);
  return state.registration?.kind === 'external' ? state.message : undefined;
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

  /** Saves the memo immediately, together with the change, and queues the row for the registry. */
  changed(changes: Changes = {}): void {
    const { state } = this;
    const before = { status: toldStatus(state), health: toldHealth(state) };
    Object.assign(state, changes, { updatedAt: new Date().toISOString() });
    this.#record(before);
    upsertMemo({ [VIEW_MEMO]: serviceView(state) });
    this.#changed = true;
  }

  #record(before: { status: string; health: string }): void {
    const { state } = this;
    const why = reasonOfState(state);
    const reason = why && { reason: why };
    const [status, health] = [toldStatus(state), toldHealth(state)];
    if (status !== before.status)
      recordEvent(state, { type: 'status_changed', from: before.status, to: status, ...reason, details: {} });
    if (health !== before.health)
      recordEvent(state, { type: 'health_changed', from: before.health, to: health, ...reason, details: {} });
  }

  async send(): Promise<void> {
    const signals = this.#answers.splice(0).map(({ deploymentId, activationId, outcome }) => {
      const deployment = getExternalWorkflowHandle(deploymentId);
      return signalWorkflow(deploymentId, () => deployment.signal(activationEndedSignal, { activationId, outcome }));
    });
    if (this.#changed) {
      this.#changed = false;
      const registry = getExternalWorkflowHandle(REGISTRY_ID);
      signals.push(signalWorkflow('the registry', () => registry.signal(rowSignal, rowOf(serviceView(this.state)))));
    }
    await Promise.all(signals);
  }
}
