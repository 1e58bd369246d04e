// The service workflow: the only writer of a service. It decides which release serves, runs candidates, and recovers the
// app.
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
import { startNextRun, HistoryLimit } from './continue-as-new.js';
import { Operations } from './operations.js';
import { removeService } from './unregister.js';
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
import { signalWorkflow } from './signal-workflow.js';
import { isDecision, overtakes } from './overtaking.js';
import { mayRunBeside, Candidate, type CandidateRequest } from './candidate.js';

type DependencyNews = Extract<Observation, { kind: 'dependencies' }>;
type OutsideNews = Extract<Observation, { kind: 'outside' }>;

export interface ServiceInput {
  name: string;
  /** Carried over by continue-as-new. */
  state?: ServiceState;
  /** Commands for it that arrived while the previous service of this name was leaving. */
  commands?: ServiceCommand[];
  /** The number of events after which the service continues as new. Tests lower it. */
  foldAfterEvents?: number;
}

/** Handlers only enqueue. This loop alone decides, one message at a time. */
export async function service(input: ServiceInput): Promise<void> {
  const state = input.state ?? newService(input.name, new Date().toISOString());
  const commands: ServiceCommand[] = input.commands ?? [];
  const observations: Observation[] = [];
  const announcer = new Announcer(state);
  const supervisor = new Supervisor(state, announcer);
  const operations = new Operations(state, supervisor, announcer);
  const historyLimit = new HistoryLimit(input.foldAfterEvents);
  let candidate: Candidate | undefined;
  /** Set when everything of the service is removed. */
  const end: { retired?: Retirement } = {};

  setHandler(describeQuery, () => serviceView({ ...state, registration: newestRegistration() }));
  setHandler(wantedQuery, () => [supervisor.wanted, candidate?.wanted].filter((id) => id !== undefined));
  setHandler(eventsQuery, () => state.events ?? []);
  setHandler(commandSignal, (command) => {
    if (isCommand(command)) commands.push(command);
  });
  setHandler(observedSignal, (observation) => {
    if (isObservation(observation)) observations.push(observation);
  });

  if (!input.state && patched('told-at-once')) announcer.changed(); // so that lists show it immediately
  supervisor.resume();
  do {
    while (!end.retired && !mayFold()) {
      await condition(
        () => commands.length + observations.length > 0 || candidate?.ended === true || announcer.waiting || mayFold(),
      );
      await nextWork();
    }
    if (end.retired) return leave();
    await condition(allHandlersFinished);
  } while (await historyLimit.isDisturbed());
  return startNextRun<typeof service>({ ...input, state, commands: [] });

  /**
   * Returns the newest registration, including one that still waits in the inbox: a change of isolation applies from
   * its answer on.
   */
  function newestRegistration(): Registration | undefined {
    const waiting = commands.flatMap((command) => (command.type === 'configure' ? command.registration : []));
    const registrations = state.registration ? [state.registration, ...waiting] : waiting;
    return registrations.sort((a, b) => a.revision - b.revision).at(-1);
  }

  /** Returns true at a quiet moment: no message waits, no candidate runs, and no app is being recovered. */
  function mayFold(): boolean {
    if (!historyLimit.isDue()) return false;
    return commands.length + observations.length === 0 && !candidate && !supervisor.busy && !announcer.waiting;
  }

  async function nextWork(): Promise<void> {
    for (const observation of observations.splice(0)) observe(observation);
    if (candidate?.ended) {
      candidate = undefined;
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
        candidate?.observe(observation);
        supervisor.observe(observation);
    }
  }

  function dependenciesChanged({ ailing: names, revision }: DependencyNews): void {
    if (revision > (state.ailing?.revision ?? 0)) announcer.changed({ ailing: { names, revision } });
  }

  /** Sets the status of an external service from its last observation. */
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
    if (candidate?.id === activationId) return; // the same command, delivered twice
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

  async function begin(request: CandidateRequest): Promise<void> {
    await candidate?.giveWay({ leavesDown: !request.beside });
    const isOvertaken = () => commands.some((command) => overtakes(command, request));
    candidate = new Candidate(state, supervisor, announcer, request, isOvertaken);
  }

  /**
   * Confirms that the active release still has this fingerprint. From then on, no command that was accepted earlier can
   * replace it.
   */
  async function confirm({ activationId, deploymentId, sequence, fingerprint }: Confirmation): Promise<void> {
    const verdict = verdictOn(activationId, sequence);
    settle(deploymentId, activationId, verdict ?? (await standing(fingerprint, sequence)));
  }

  async function standing(fingerprint: string, sequence: number): Promise<ActivationOutcome> {
    const { serving, status } = state;
    if (serving?.release.fingerprint !== fingerprint || status !== 'running') return { kind: 'changed' };
    decides(sequence);
    await candidate?.giveWay({ leavesDown: false });
    return { kind: 'activated', url: urlOf(state) };
  }

  /** From here on, no command that was accepted before `sequence` decides what runs. */
  function decides(sequence: number): void {
    operations.overtake(sequence);
    state.intent = Math.max(state.intent ?? 0, sequence);
  }

  /**
   * Carries out a command. A stop or a rollback replaces the current candidate; a start or a restart waits for its outcome.
   */
  async function operate(received: Operation): Promise<void> {
    if (operations.isKnown(received) || candidate?.id === received.commandId) return; // delivered twice
    // A clock that is ahead must not delay later deployments.
    const operation = { ...received, acceptedAt: Math.min(received.acceptedAt, Date.now()) };
    if (!isDecision(operation) && candidate) {
      operations.keep(operation);
      return;
    }
    if (isDecision(operation)) {
      decides(operation.acceptedAt);
      await candidate?.giveWay({ leavesDown: operation.command === 'stop' });
    }
    const request = await operations.carryOut(operation);
    if (request) await begin(request);
  }

  function configure({ registration }: Configuration): void {
    const { registration: current } = state;
    if (current && current.revision >= registration.revision) return;
    if (registration.kind === 'external') state.hostId ??= registration.hostId ?? null;
    const isMoved = current?.healthUrl !== registration.healthUrl;
    announcer.changed({ registration, ...(isMoved && { health: 'unknown', status: 'created', message: undefined }) });
  }

  /** Unregisters the service. From here on, commands that were accepted before come too late. */
  async function retire(retirement: Retirement): Promise<void> {
    if (isLaterThan(state, retirement)) return; // the name was registered again meanwhile
    decides(Number.MAX_SAFE_INTEGER);
    await candidate?.giveWay({ leavesDown: true });
    await removeService(state, supervisor, retirement);
    recordEvent(state, { type: 'service_unregistered', details: {} });
    announcer.changed({ status: 'stopped', health: 'unknown', message: undefined });
    end.retired = retirement;
  }

  /**
   * Answers all waiting commands, and frees the name. Commands for the next service of this name are passed on to it.
   */
  async function leave(): Promise<void> {
    await announcer.send();
    await signalWorkflow('the registry', () =>
      getExternalWorkflowHandle(REGISTRY_ID).signal(retiredSignal, { name: state.name }),
    );
    const forTheNext: ServiceCommand[] = [];
    while (commands.length > 0 || announcer.waiting) {
      for (const command of commands.splice(0)) if (!refuse(command)) forTheNext.push(command);
      await announcer.send();
    }
    await condition(allHandlersFinished);
    if (forTheNext.length > 0) await startNextRun<typeof service>({ name: state.name, commands: forTheNext });
  }

  /** Answers a command of the leaving service. Returns false if the command is for the next service of this name. */
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

  /**
   * Returns an outcome without a candidate: the activation was settled before, cancelled before it arrived, or comes too
   * late.
   */
  function verdictOn(activationId: string, sequence: number): ActivationOutcome | undefined {
    const storedOutcome = outcomeOf(state, activationId);
    if (storedOutcome) return storedOutcome;
    if (state.takenBack.includes(activationId)) return { kind: 'cancelled' };
    return isOlder(sequence) ? { kind: 'superseded' } : undefined;
  }

  /** Returns true if a newer deployment serves or is a candidate: an older one never replaces it. */
  function isOlder(sequence: number): boolean {
    const newest = Math.max(
      state.serving?.release.sequence ?? 0,
      candidate && !candidate.ended ? candidate.sequence : 0,
    );
    return sequence < Math.max(newest, state.intent ?? 0);
  }

  function cancelActivation({ activationId, deploymentId }: CancelActivation): void {
    if (candidate?.id === activationId && !candidate.ended) {
      candidate.cancel();
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

/**
 * Returns true if the service was created after the call to unregister. A service without a registration and releases
 * can go in any case.
 */
function isLaterThan({ createdAt, registration, releases }: ServiceState, { acceptedAt }: Retirement): boolean {
  const hasNothing = registration === undefined && releases.length === 0;
  return !hasNothing && Date.parse(createdAt) > acceptedAt;
}
