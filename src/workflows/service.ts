// The only writer of a service: what serves, what is tried beside it, and how it comes back by itself.
import { allHandlersFinished, condition, getExternalWorkflowHandle, patched, setHandler } from '@temporalio/workflow';
import {
  commandSignal,
  describeQuery,
  eventsQuery,
  observedSignal,
  retiredSignal,
  wantedQuery,
  type Activation,
  type ActivationOutcome,
  type CancelActivation,
  type Configuration,
  type Confirmation,
  type Observation,
  type Operation,
  type Registration,
  type Retirement,
  type ServiceCommand,
} from '../contract/messages.js';
import { REGISTRY_ID } from '../contract/names.js';
import { Announcer } from './announcer.js';
import { fold, Folding } from './fold.js';
import { Operations } from './operations.js';
import { removeService } from './removal.js';
import {
  newService,
  outcomeOf,
  recordEvent,
  rememberOutcome,
  serviceView,
  takeBack,
  urlOf,
  type ServiceState,
} from './service-state.js';
import { isCommand, isObservation, isSentence } from './service-messages.js';
import { Supervisor } from './supervisor.js';
import { tell } from './tell.js';
import { isDecision, overtakes } from './overtaking.js';
import { mayRunBeside, Trial, type Candidacy } from './trial.js';

type DependencyNews = Extract<Observation, { kind: 'dependencies' }>;
type OutsideNews = Extract<Observation, { kind: 'outside' }>;

export interface ServiceInput {
  name: string;
  /** Carried over by continue-as-new. */
  state?: ServiceState;
  /** Came for it while whoever bore its name before was leaving. */
  commands?: ServiceCommand[];
  /** Events after which the history is folded; tests lower it. */
  foldAfterEvents?: number;
}

/** Handlers only enqueue; this loop alone decides, one message at a time. */
export async function service(input: ServiceInput): Promise<void> {
  const state = input.state ?? newService(input.name, new Date().toISOString());
  const commands: ServiceCommand[] = input.commands ?? [];
  const observations: Observation[] = [];
  const announcer = new Announcer(state);
  const supervisor = new Supervisor(state, announcer);
  const operations = new Operations(state, supervisor, announcer);
  const folding = new Folding(input.foldAfterEvents);
  let trial: Trial | undefined;
  /** Set once nothing of it is left. */
  const end: { retired?: Retirement } = {};

  setHandler(describeQuery, () => serviceView({ ...state, registration: newestRegistration() }));
  setHandler(wantedQuery, () => [supervisor.wanted, trial?.wanted].filter((id) => id !== undefined));
  setHandler(eventsQuery, () => state.events ?? []);
  setHandler(commandSignal, (command) => {
    if (isCommand(command)) commands.push(command);
  });
  setHandler(observedSignal, (observation) => {
    if (isObservation(observation)) observations.push(observation);
  });

  if (!input.state && patched('told-at-once')) announcer.changed(); // it is in the list from its first moment
  supervisor.resume();
  do {
    while (!end.retired && !mayFold()) {
      await condition(
        () => commands.length + observations.length > 0 || trial?.ended === true || announcer.waiting || mayFold(),
      );
      await nextWork();
    }
    if (end.retired) return leave();
    await condition(allHandlersFinished);
  } while (await folding.isDisturbed());
  return fold<typeof service>({ ...input, state, commands: [] });

  /** Also one that still waits in the inbox: a change of isolation counts from its answer on. */
  function newestRegistration(): Registration | undefined {
    const waiting = commands.flatMap((command) => (command.type === 'configure' ? command.registration : []));
    const known = state.registration ? [state.registration, ...waiting] : waiting;
    return known.sort((a, b) => a.revision - b.revision).at(-1);
  }

  /** At any quiet moment: nothing waits, nothing is being tried, nothing is coming back. */
  function mayFold(): boolean {
    if (!folding.isDue()) return false;
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
    switch (observation.kind) {
      case 'dependencies':
        dependenciesChanged(observation);
        break;
      case 'outside':
        seenOutside(observation);
        break;
      case 'exited':
      case 'health':
      case 'routed':
        trial?.observe(observation);
        supervisor.observe(observation);
    }
  }

  function dependenciesChanged({ ailing: names, revision }: DependencyNews): void {
    if (revision > (state.ailing?.revision ?? 0)) announcer.changed({ ailing: { names, revision } });
  }

  /** What only is watched does what it was last seen to do. */
  function seenOutside({ healthUrl, health, reason, hostId }: OutsideNews): void {
    const { registration } = state;
    if (registration?.kind !== 'external' || registration.healthUrl !== healthUrl) return;
    const status = health === 'unhealthy' ? 'error' : 'running';
    if (typeof hostId === 'string') state.hostId = hostId;
    announcer.changed({ health, status, message: isSentence(reason) ? reason : undefined });
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
      case 'configure':
        configure(command);
        break;
      case 'retire':
        await retire(command);
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
    operations.overtake(release.sequence);
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
    const isOvertaken = () => commands.some((command) => overtakes(command, candidacy));
    trial = new Trial(state, supervisor, announcer, candidacy, isOvertaken);
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
    operations.overtake(sequence);
    state.intent = Math.max(state.intent ?? 0, sequence);
  }

  /** Who decides what runs takes the place of what is being tried; who only starts it (again) waits for the outcome. */
  async function operate(asked: Operation): Promise<void> {
    if (operations.isKnown(asked) || trial?.id === asked.commandId) return; // delivered twice
    // A clock that is ahead must not hold up the deployments to come.
    const operation = { ...asked, acceptedAt: Math.min(asked.acceptedAt, Date.now()) };
    if (!isDecision(operation) && trial) {
      operations.keep(operation);
      return;
    }
    if (isDecision(operation)) {
      decides(operation.acceptedAt);
      await trial?.giveWay({ leavesDown: operation.command === 'stop' });
    }
    const candidacy = await operations.carryOut(operation);
    if (candidacy) await begin(candidacy);
  }

  function configure({ registration }: Configuration): void {
    const { registration: known } = state;
    if (known && known.revision >= registration.revision) return;
    if (registration.kind === 'external') state.hostId ??= registration.hostId ?? null;
    const isMoved = known?.healthUrl !== registration.healthUrl;
    announcer.changed({ registration, ...(isMoved && { health: 'unknown', status: 'created', message: undefined }) });
  }

  /** From here on nothing brings it back: what was accepted before comes too late. */
  async function retire(asked: Retirement): Promise<void> {
    if (isLaterThan(state, asked)) return; // its name was given out again meanwhile
    decides(Number.MAX_SAFE_INTEGER);
    await trial?.giveWay({ leavesDown: true });
    await removeService(state, supervisor, asked);
    recordEvent(state, { type: 'service_unregistered', details: {} });
    announcer.changed({ status: 'stopped', health: 'unknown', message: undefined });
    end.retired = asked;
  }

  /** Whoever still waits is told; then the name is free, and what comes for its next bearer is handed on to that. */
  async function leave(): Promise<void> {
    await announcer.send();
    await tell('the registry', () =>
      getExternalWorkflowHandle(REGISTRY_ID).signal(retiredSignal, { name: state.name }),
    );
    const forTheNext: ServiceCommand[] = [];
    while (commands.length > 0 || announcer.waiting) {
      for (const command of commands.splice(0)) if (!refuse(command)) forTheNext.push(command);
      await announcer.send();
    }
    await condition(allHandlersFinished);
    if (forTheNext.length > 0) await fold<typeof service>({ name: state.name, commands: forTheNext });
  }

  /** False when it is meant for whoever bears the name next. */
  function refuse(command: ServiceCommand): boolean {
    switch (command.type) {
      case 'configure':
        return false;
      case 'activate':
        if (command.release.sequence > retiredAt()) return false;
        settle(command.release.release, command.activationId, { kind: 'superseded' });
        return true;
      case 'confirm':
        settle(command.deploymentId, command.activationId, { kind: 'superseded' });
        return true;
      case 'cancelActivation':
        cancelActivation(command);
        return true;
      case 'operate':
      case 'retire':
        return true;
    }
  }

  function retiredAt(): number {
    return end.retired?.acceptedAt ?? 0;
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

/** One that has nothing and is nothing yet may go in any case. */
function isLaterThan({ createdAt, registration, releases }: ServiceState, { acceptedAt }: Retirement): boolean {
  const hasNothing = registration === undefined && releases.length === 0;
  return !hasNothing && Date.parse(createdAt) > acceptedAt;
}
