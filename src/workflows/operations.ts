// Carries out operators' commands one at a time. Each ends with exactly one event about its result.
import { patched } from '@temporalio/workflow';
import { errorRecord, type ErrorRecord } from '../contract/errors.js';
import type { ActivationOutcome, Operation, ReleaseRecord } from '../contract/messages.js';
import type { Announcer } from './announcer.js';
import { errorOf } from './failure.js';
import { LIFECYCLE } from './lifecycle.js';
import { leaveBehind, recordEvent, type ServiceState } from './service-state.js';
import type { Supervisor } from './supervisor.js';
import { mayRunBeside, type CandidateRequest } from './candidate.js';

/** The number of commands whose ids are stored, because a signal may be delivered twice. */
const MOST_REMEMBERED = 50;

export class Operations {
  /** Commands that wait for the end of a candidate, because only then it is decided which release serves. */
  #waiting: Operation[] = [];
  /** The sequence of the last decision. */
  #decided = 0;

  constructor(
    readonly state: ServiceState,
    readonly supervisor: Supervisor,
    readonly announcer: Announcer,
  ) {}

  isKnown({ commandId }: Operation): boolean {
    const remembered = this.state.operations ?? [];
    return remembered.includes(commandId) || this.#waiting.some((waiting) => waiting.commandId === commandId);
  }

  /** Keeps a command until the current candidate has ended. */
  keep(operation: Operation): void {
    this.#waiting.push(operation);
  }

  /** Returns the kept commands, which can now continue. */
  release(): Operation[] {
    return this.#waiting.splice(0);
  }

  /** Fails all waiting commands that were accepted before `sequence`, because a later decision replaces them. */
  overtake(sequence: number): void {
    this.#decided = sequence;
    const overtaken = this.#waiting.filter(({ acceptedAt }) => acceptedAt < sequence);
    this.#waiting = this.#waiting.filter((operation) => !overtaken.includes(operation));
    for (const operation of overtaken)
      this.#failed(operation, errorRecord('superseded', { text: 'service.overtaken' }));
  }

  /** Returns the candidate's request if the command needs a candidate. Otherwise the command is done when this resolves. */
  async carryOut(operation: Operation): Promise<CandidateRequest | undefined> {
    try {
      return await this.#carryOut(operation);
    } catch (error) {
      this.#failed(operation, errorOf(error));
      return undefined;
    }
  }

  async #carryOut(operation: Operation): Promise<CandidateRequest | undefined> {
    const { state } = this;
    const effect = LIFECYCLE[state.status][operation.command];
    switch (effect) {
      case 'none':
        this.#completed(operation);
        return undefined;
      case 'refuse':
        this.#failed(operation, this.#nothingToRun(operation));
        return undefined;
      case 'takeDown':
        await this.supervisor.shutFront('shut');
        await this.supervisor.standDown();
        this.announcer.changed({ status: 'stopped', health: 'unknown', message: undefined });
        this.#completed(operation);
        return undefined;
      case 'runAgain':
        return this.#candidateRequest(operation, state.serving?.release);
      case 'switch':
        return this.#candidateRequest(operation, this.#target(operation));
    }
  }

  #candidateRequest(operation: Operation, release: ReleaseRecord | undefined): CandidateRequest | undefined {
    const { serving, status, hostId } = this.state;
    const isRollback = operation.command === 'rollback';
    if (!release || hostId === null) {
      this.#failed(operation, this.#nothingToRun(operation));
      return undefined;
    }
    const isServing = release.release === serving?.release.release;
    if (isRollback && isServing && status === 'running') {
      this.#completed(operation);
      return undefined;
    }
    return {
      id: operation.commandId,
      hostId,
      release,
      sequence: isRollback ? operation.acceptedAt : release.sequence,
      beside: !isServing && mayRunBeside(release),
      ...(isServing && { preferPort: serving.port }),
      ...(isRollback && { event: 'release_rolled_back' as const }),
      settled: (outcome) => {
        const isSwitched = isRollback && outcome.kind === 'activated';
        const tried: Record<string, string> = isRollback ? { release: release.release } : {};
        this.#settled(operation, outcome, isSwitched ? leaveBehind(this.state, serving?.release, release) : tried);
      },
    };
  }

  #nothingToRun({ release }: Operation): ErrorRecord {
    const { name: service, serving } = this.state;
    if (!serving) return errorRecord('invalid', { text: 'service.no_release', params: { service } });
    if (release === undefined)
      return errorRecord('invalid', { text: 'service.no_earlier_release', params: { service } });
    return errorRecord('invalid', { text: 'service.release_gone', params: { service, release } });
  }

  /**
   * Returns the release to roll back to. Without a name, this is the release that served before and was not rolled
   * back. Kept releases are in the order in which they last served.
   */
  #target({ release: wanted }: Operation): ReleaseRecord | undefined {
    const { serving, releases, rolledBack = [] } = this.state;
    if (wanted !== undefined) return releases.find(({ release }) => release === wanted);
    const left = patched('rollback-goes-back') ? rolledBack : [];
    return releases.findLast(({ release }) => release !== serving?.release.release && !left.includes(release));
  }

  #settled(operation: Operation, outcome: ActivationOutcome, details: Record<string, string>): void {
    if (outcome.kind === 'activated') this.#completed(operation, details);
    else if (outcome.kind === 'failed') this.#failed(operation, outcome.error, details);
    else if (operation.acceptedAt > this.#decided)
      this.keep(operation); // it gave way to a command from before it
    else this.#failed(operation, errorRecord('superseded', { text: 'service.overtaken' }));
  }

  #completed({ commandId, command }: Operation, details: Record<string, string> = {}): void {
    this.#remember(commandId);
    recordEvent(this.state, { type: 'command_completed', details: { command_id: commandId, command, ...details } });
  }

  #failed(
    { commandId, command }: Operation,
    { code, text, params }: ErrorRecord,
    tried: Record<string, string> = {},
  ): void {
    this.#remember(commandId);
    const details = { command_id: commandId, command, code, ...tried };
    recordEvent(this.state, { type: 'command_failed', reason: { text, params }, details });
  }

  #remember(commandId: string): void {
    this.state.operations = [...(this.state.operations ?? []), commandId].slice(-MOST_REMEMBERED);
  }
}
