// A candidate on its way to serve: started, checked, and either taken over by or gone without a trace.
import { CancellationScope, condition, isCancellation, log, patched } from '@temporalio/workflow';
import type { ActivationOutcome, InstanceNews, ReleaseRecord } from '../contract/messages.js';
import { isPortChosen, type InstanceExit } from '../contract/steps.js';
import type { Announcer } from './announcer.js';
import { errorOf } from './failure.js';
import {
  isolationOf,
  nextInstance,
  recordEvent,
  takeOver,
  urlOf,
  type Instance,
  type ServiceState,
} from './service-state.js';
import { removeRelease } from './removal.js';
import { stepsOn, undoStepsOn, type HostSteps } from './steps.js';
import { instanceRef, keyOf, type Supervisor } from './supervisor.js';

/** Who is to serve, and who is to be told how it went. */
export interface Candidacy {
  /** Of an activation, or of a rollback. */
  id: string;
  hostId: string;
  release: ReleaseRecord;
  /** Order among all that decides what runs. */
  sequence: number;
  /** Whether it is started beside what serves, or in its place. */
  beside: boolean;
  /** Where it should listen, so that its address stays. */
  preferPort?: number;
  /** What a takeover is called. None where the same release goes on serving. */
  event?: 'release_activated' | 'release_rolled_back';
  /** The deployment whose log the health check writes into. */
  logInto?: { deploymentId: string };
  settled: (outcome: ActivationOutcome) => void;
}

export class Trial {
  ended = false;
  readonly #scope = new CancellationScope();
  readonly #done: Promise<void>;
  #candidate: Instance | undefined;
  #exit: InstanceExit | undefined;
  #committed = false;
  /** Releases beyond those that are kept. */
  #dropped: ReleaseRecord[] = [];
  #superseded = false;
  #bringBack = false;
  #leavesDown = false;

  constructor(
    readonly state: ServiceState,
    readonly supervisor: Supervisor,
    readonly announcer: Announcer,
    readonly candidacy: Candidacy,
    /** Whether something is in the inbox already that takes its place. */
    readonly isOvertaken: () => boolean,
  ) {
    state.hostId ??= candidacy.hostId;
    this.#done = this.#run();
  }

  get id(): string {
    return this.candidacy.id;
  }

  get sequence(): number {
    return this.candidacy.sequence;
  }

  /** The candidate, until it takes over or is given up. */
  get wanted(): string | undefined {
    return this.#committed || this.#scope.consideredCancelled ? undefined : this.#candidate?.instanceId;
  }

  /** Before the takeover it rolls back; after it the answer is already `activated`. */
  cancel(): void {
    if (!this.#committed) this.#scope.cancel();
  }

  /**
   * Makes room for what was accepted later, and waits until nothing of this one is left. `leavesDown`: what served
   * before would only be stopped again.
   */
  async giveWay({ leavesDown }: { leavesDown: boolean }): Promise<void> {
    this.#superseded = !this.#committed;
    this.#leavesDown = leavesDown;
    this.cancel();
    await this.#done;
  }

  /** An exit between the last good check and the takeover must not be lost. */
  observe(observation: InstanceNews): void {
    if (observation.kind === 'exited' && observation.instanceId === this.#candidate?.instanceId)
      this.#exit = observation.exit;
  }

  async #run(): Promise<void> {
    const outcome = await this.#settled();
    this.candidacy.settled(outcome);
    this.announcer.changed();
    await CancellationScope.nonCancellable(() => this.#discardDropped());
    this.ended = true;
  }

  async #settled(): Promise<ActivationOutcome> {
    let candidate: Instance;
    try {
      candidate = await this.#scope.run(async () => {
        const tried = await this.#tryCandidate();
        await this.#letLaterOnesDecide();
        return tried;
      });
    } catch (error) {
      await CancellationScope.nonCancellable(() => this.#rollBack());
      if (!this.#scope.consideredCancelled && !isCancellation(error)) return { kind: 'failed', error: errorOf(error) };
      return { kind: this.#superseded ? 'superseded' : 'cancelled' };
    }
    await CancellationScope.nonCancellable(() => this.#takeOver(candidate));
    return { kind: 'activated', url: urlOf(this.state) };
  }

  async #tryCandidate(): Promise<Instance> {
    const { state, candidacy, supervisor } = this;
    const steps = stepsOn(candidacy.hostId);
    if (!candidacy.beside) {
      // Not awaited where nothing is to be checked: older histories have no turn here.
      const checked = this.#checkBeforeStop(steps);
      if (checked) await checked;
      this.#bringBack = supervisor.keepsUp; // taken down before it is done: it may be half done
      await supervisor.standDown();
    }
    if (state.instancesStarted === 0) await steps.stopStrays({ service: state.name, keep: [] }); // of an earlier life of this workflow
    const candidate = nextInstance(state, candidacy.release, new Date().toISOString());
    this.#candidate = candidate;
    const { port, startedAt, behindFront } = await steps.startInstance({
      ...instanceRef(candidate),
      preferPort: candidacy.preferPort,
      ...isolationOf(state),
    });
    Object.assign(candidate, { port, startedAt, behindFront });
    await steps.awaitHealthy({ ...instanceRef(candidate), port, logInto: candidacy.logInto });
    candidate.healthySince = startedAt;
    return candidate;
  }

  /** What serves is not stopped for a release that its host or its service can't start. */
  #checkBeforeStop(steps: HostSteps): Promise<void> | undefined {
    const { state, candidacy, supervisor } = this;
    const { spec } = candidacy.release;
    if (!supervisor.keepsUp) return undefined;
    const isMadeAnew = candidacy.logInto !== undefined; // by the deployment that asks
    if (!isMadeAnew && patched('startable-checked-first')) return steps.checkStartable({ spec, ...isolationOf(state) });
    if (spec.mode === 'docker' || !patched('isolation-checked-first')) return undefined;
    return steps.checkIsolation({ service: state.name, mode: spec.mode, ...isolationOf(state) });
  }

  /**
   * A killed worker may have had a command in its hand for longer than the candidate took: the next one learns of both at
   * once, and the candidate must not be faster, whichever of them is looked at first. Being told to go ends this wait.
   */
  async #letLaterOnesDecide(): Promise<void> {
    const isTooLate = () => this.#scope.consideredCancelled || this.isOvertaken();
    if (isTooLate() && patched('later-ones-decide')) await condition(() => !isTooLate());
  }

  /**
   * Committed in one go, so nothing can come between the check and the takeover. What follows is only clean-up, but for
   * the front proxy's route: that leads to what serves before anybody is told, and before the old one is stopped.
   */
  async #takeOver(candidate: Instance): Promise<void> {
    const { state, supervisor, announcer, candidacy } = this;
    const { serving: old, hostId: oldHost } = state;
    this.#committed = true;
    this.#dropped = takeOver(state, candidate);
    state.hostId = candidacy.hostId;
    state.intent = Math.max(state.intent ?? 0, candidacy.sequence);
    if (candidacy.event) recordEvent(state, { type: candidacy.event, details: { release: candidacy.release.release } });
    const health = candidate.release.spec.health.skip ? 'unknown' : 'healthy'; // nobody has looked yet
    announcer.changed({ status: 'running', health, message: undefined });
    await supervisor.pause();
    if (candidate.behindFront) await supervisor.route(candidate, candidacy.hostId);
    if (old && oldHost !== null) {
      // A bot has no requests, and what was stopped first has none that are open.
      if (candidate.behindFront && candidacy.beside && old.port !== undefined)
        supervisor.drains.begin(old, old.port, oldHost);
      else await this.#told(() => undoStepsOn(oldHost).stopInstance(keyOf(old)));
    }
    if (this.#exit) supervisor.observe({ kind: 'exited', instanceId: candidate.instanceId, exit: this.#exit });
  }

  /** Once the answer is given: nobody waits for it. */
  async #discardDropped(): Promise<void> {
    const { state, candidacy } = this;
    for (const dropped of this.#dropped) {
      await this.supervisor.drains.end(dropped.release); // an app needs its files; so many switches in so short a time are rare
      await this.#told(() => removeRelease(state.name, candidacy.hostId, dropped));
    }
  }

  /** After the takeover nothing is rolled back: what could not be cleaned up is left to the host's daily round. */
  async #told(cleanUp: () => Promise<unknown>): Promise<void> {
    try {
      await cleanUp();
    } catch (error) {
      log.error('clean-up after a switch failed', { error });
    }
  }

  /** What served before is what serves at the end. */
  async #rollBack(): Promise<void> {
    const candidate = this.#candidate;
    this.#candidate = undefined;
    if (candidate) await this.#told(() => this.#steps().stopInstance(keyOf(candidate)));
    if (this.#bringBack && !this.#leavesDown) await this.supervisor.bringBack();
    const { state } = this;
    if (state.serving === null && state.releases.length === 0) state.hostId = null; // the next one is placed anew
  }

  #steps() {
    return undoStepsOn(this.candidacy.hostId);
  }
}

/**
 * A web app whose port Slipway chooses has its candidate beside it, which serves only once it is healthy. A bot, or an
 * app that insists on its port, can't run twice: the old one stops before its successor starts.
 */
export function mayRunBeside({ spec }: ReleaseRecord): boolean {
  return isPortChosen(spec);
}
