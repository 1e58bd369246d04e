// The deployment's side of a switch: sends the command to the service, waits for the outcome, and cancels the command
// when the deployment is stopped.
import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { errorRecord } from '../contract/errors.js';
import type {
  Activation,
  ActivationEnded,
  ActivationOutcome,
  Confirmation,
  ReleaseRecord,
} from '../contract/messages.js';
import { entities } from './steps.js';

/**
 * The longest time to wait for the outcome after a cancel. A service whose host is lost can't respond; the cancel stays
 * in its inbox until the host is back.
 */
const LONGEST_WAIT_FOR_CANCEL = '60 seconds';

export class Activations {
  readonly #outcomes = new Map<string, ActivationOutcome>();

  constructor(readonly deploymentId: string) {}

  settle({ activationId, outcome }: ActivationEnded): void {
    this.#outcomes.set(activationId, outcome);
  }

  /**
   * Requests a confirmation from the service: its active release still has the same fingerprint, and no older command
   * may replace it.
   */
  async confirm(
    service: string,
    hostId: string,
    confirmation: Omit<Confirmation, 'type' | 'deploymentId'>,
  ): Promise<ActivationOutcome> {
    return this.#ask(service, hostId, { type: 'confirm', deploymentId: this.deploymentId, ...confirmation });
  }

  /**
   * Sends the release to its service. The service's takeover is the commit point: a stop before it rolls back, a stop
   * after it gets `activated`.
   */
  async activate(activationId: string, hostId: string, release: ReleaseRecord): Promise<ActivationOutcome> {
    return this.#ask(release.spec.service, hostId, { type: 'activate', activationId, hostId, release });
  }

  async #ask(service: string, hostId: string, command: Activation | Confirmation): Promise<ActivationOutcome> {
    const { activationId } = command;
    try {
      await entities.commandService({ service, command });
      return await this.#outcome(activationId);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      return await CancellationScope.nonCancellable(() => this.#takeBack(service, activationId, hostId));
    }
  }

  async #takeBack(service: string, activationId: string, hostId: string): Promise<ActivationOutcome> {
    const { deploymentId } = this;
    await entities.commandService({ service, command: { type: 'cancelActivation', activationId, deploymentId } });
    const answered = await condition(() => this.#outcomes.has(activationId), LONGEST_WAIT_FOR_CANCEL);
    if (answered) return this.#outcome(activationId);
    return { kind: 'failed', error: errorRecord('host_lost', { params: { host: hostId } }) };
  }

  async #outcome(activationId: string): Promise<ActivationOutcome> {
    await condition(() => this.#outcomes.has(activationId));
    const outcome = this.#outcomes.get(activationId);
    if (!outcome) throw new Error(`the outcome of ${activationId} went away`);
    return outcome;
  }
}
