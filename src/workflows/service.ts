// The only writer of a service: what serves, what is tried beside it, and how it comes back by itself.
import { allHandlersFinished, condition, continueAsNew, log, setHandler, workflowInfo } from '@temporalio/workflow';
import {
  commandSignal,
  describeQuery,
  eventsQuery,
  observedSignal,
  type Activation,
  type ActivationOutcome,
  type CancelActivation,
  type Confirmation,
  type Observation,
  type Operation,
  type ServiceCommand,
} from '../contract/messages.js';
import { SERVICE_COMMANDS } from '../contract/states.js';
import { Announcer } from './announcer.js';
import { Operations } from './operations.js';
import {
  newService,
  outcomeOf,
  rememberOutcome,
  serviceView,
  takeBack,
  urlOf,
  type ServiceState,
} from './service-state.js';
import { isShaped } from './shapes.js';
import { Supervisor } from './supervisor.js';
import { mayRunBeside, Trial, type Candidacy } from './trial.js';

export interface ServiceInput {
  name: string;
  /** Carried over by continue-as-new. */
  state?: ServiceState;
  /** Events after which the history is folded; tests lower it. The server suggests it at about 4,000. */
  foldAfterEvents?: number;
}

/** Handlers only enqueue; this loop alone decides, one message at a time. */
export async function service(input: ServiceInput): Promise<never> {
  const state = input.state ?? newService(input.name, new Date().toISOString());
  const commands: ServiceCommand[] = [];
  const observations: Observation[] = [];
  const announcer = new Announcer(state);
  const supervisor = new Supervisor(state, announcer);
  const operations = new Operations(state, supervisor, announcer);
  let trial: Trial | undefined;

  setHandler(describeQuery, () => serviceView(state));
  setHandler(eventsQuery, () => state.events ?? []);
  setHandler(commandSignal, (command) => {
    if (isCommand(command)) commands.push(command);
  });
  setHandler(observedSignal, (observation) => {
    if (isObservation(observation)) observations.push(observation);
  });

  supervisor.resume();
  while (!mayFold()) {
    await condition(
      () => commands.length + observations.length > 0 || trial?.ended === true || announcer.waiting || mayFold(),
    );
    await nextWork();
  }
  await condition(allHandlersFinished);
  return continueAsNew<typeof service>({ ...input, state });

  /** At any quiet moment: nothing waits, nothing is being tried, nothing is coming back. */
  function mayFold(): boolean {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    if (!continueAsNewSuggested && historyLength < (input.foldAfterEvents ?? Infinity)) return false;
    return commands.length + observations.length === 0 && !trial && !supervisor.busy && !announcer.waiting;
  }

  async function nextWork(): Promise<void> {
    for (const observation of observations.splice(0)) observe(observation);
    if (trial?.ended) {
      trial = undefined;
      commands.unshift(...operations.release());
    }
    const command = commands.shift();
    if (command) await carryOut(command);
    await announcer.send();
  }

  function observe(observation: Observation): void {
    trial?.observe(observation);
    supervisor.observe(observation);
  }

  async function carryOut(command: ServiceCommand): Promise<void> {
    switch (command.type) {
      case 'activate':
        await activate(command);
        break;
      case 'cancelActivation':
        cancelActivation(command);
        break;
      case 'confirm':
        await confirm(command);
        break;
      case 'operate':
        await operate(command);
        break;
      default:
        unknownCommand(command);
    }
  }

  async function activate(command: Activation): Promise<void> {
    const { activationId, release } = command;
    if (trial?.id === activationId) return; // the same command, delivered twice
    const verdict = verdictOn(activationId, release.sequence);
    if (verdict) {
      settle(release.release, activationId, verdict);
      return;
    }
    operations.overtake();
    await begin({
      id: activationId,
      hostId: command.hostId,
      release,
      sequence: release.sequence,
      beside: mayRunBeside(release),
      event: 'release_activated',
      logInto: { deploymentId: release.release },
      settled: (outcome) => {
        settle(release.release, activationId, outcome);
      },
    });
  }

  async function begin(candidacy: Candidacy): Promise<void> {
    await trial?.giveWay({ leavesDown: !candidacy.beside });
    trial = new Trial(state, supervisor, announcer, candidacy);
  }

  /** Nothing that was accepted before replaces what serves any more; told only if it still is what was looked at. */
  async function confirm({ activationId, deploymentId, sequence, fingerprint }: Confirmation): Promise<void> {
    const verdict = verdictOn(activationId, sequence);
    settle(deploymentId, activationId, verdict ?? (await standing(fingerprint, sequence)));
  }

  async function standing(fingerprint: string, sequence: number): Promise<ActivationOutcome> {
    const { serving, status } = state;
    if (serving?.release.fingerprint !== fingerprint || status !== 'running') return { kind: 'changed' };
    decides(sequence);
    await trial?.giveWay({ leavesDown: false });
    return { kind: 'activated', url: urlOf(state) };
  }

  /** From here on nothing that was accepted before decides what runs. */
  function decides(sequence: number): void {
    operations.overtake();
    state.intent = Math.max(state.intent ?? 0, sequence);
  }

  /** Who decides what runs takes the place of what is being tried; who only starts it (again) waits for the outcome. */
  async function operate(asked: Operation): Promise<void> {
    if (operations.isKnown(asked) || trial?.id === asked.commandId) return; // delivered twice
    // A clock that is ahead must not hold up the deployments to come.
    const operation = { ...asked, acceptedAt: Math.min(asked.acceptedAt, Date.now()) };
    const isDecision = operation.command === 'stop' || operation.command === 'rollback';
    if (!isDecision && trial) {
      operations.keep(operation);
      return;
    }
    if (isDecision) {
      decides(operation.acceptedAt);
      await trial?.giveWay({ leavesDown: operation.command === 'stop' });
    }
    const candidacy = await operations.carryOut(operation);
    if (candidacy) await begin(candidacy);
  }

  /** What needs no trial: it was settled before, taken back before it arrived, or comes too late. */
  function verdictOn(activationId: string, sequence: number): ActivationOutcome | undefined {
    const known = outcomeOf(state, activationId);
    if (known) return known;
    if (state.takenBack.includes(activationId)) return { kind: 'cancelled' };
    return isOlder(sequence) ? { kind: 'superseded' } : undefined;
  }

  /** An older deployment never replaces a newer one, nor one that is being tried. */
  function isOlder(sequence: number): boolean {
    const newest = Math.max(state.serving?.release.sequence ?? 0, trial && !trial.ended ? trial.sequence : 0);
    return sequence < Math.max(newest, state.intent ?? 0);
  }

  function cancelActivation({ activationId, deploymentId }: CancelActivation): void {
    if (trial?.id === activationId && !trial.ended) {
      trial.cancel();
      return;
    }
    takeBack(state, activationId);
    settle(deploymentId, activationId, outcomeOf(state, activationId) ?? { kind: 'cancelled' });
  }

  function settle(deploymentId: string, activationId: string, outcome: ActivationOutcome): void {
    rememberOutcome(state, activationId, outcome);
    announcer.answer(deploymentId, activationId, outcome);
  }
}

/** From a newer release's hand: this one can't carry it out, and must not stop at it. */
function unknownCommand(command: never): void {
  log.warn('an unknown command was dropped', { command });
}

function isCommand(command: ServiceCommand): boolean {
  if (!isShaped('command', command, { type: 'string' })) return false;
  if (command.type === 'operate') {
    const isKnown = SERVICE_COMMANDS.some((name) => name === command.command);
    return isKnown && isShaped('command', command, { commandId: 'string', command: 'string', acceptedAt: 'number' });
  }
  if (!isShaped('command', command, { activationId: 'string' })) return false;
  if (command.type === 'activate') return isShaped('command', command, { hostId: 'string', release: 'object' });
  return command.type === 'confirm'
    ? isShaped('command', command, { deploymentId: 'string', sequence: 'number', fingerprint: 'string' })
    : isShaped('command', command, { deploymentId: 'string' });
}

function isObservation(observation: Observation): boolean {
  if (!isShaped('observed', observation, { kind: 'string', instanceId: 'string' })) return false;
  if (observation.kind === 'exited') return isShaped('observed', observation, { exit: 'object' });
  return observation.kind === 'routed'
    ? isShaped('observed', observation, { address: 'object' })
    : isShaped('observed', observation, { health: 'string' });
}
