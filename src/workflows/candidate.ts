// A candidate: an instance that is started and checked, and then takes over or is removed completely.
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
import { removeRelease } from './unregister.js';
import { stepsOn, undoStepsOn, type HostSteps } from './steps.js';
import { instanceRef, keyOf, type Supervisor } from './supervisor.js';

/** What to start as a candidate, and the callback for its outcome. */
export interface CandidateRequest {
  /** The id of an activation or of a rollback. */
  id: string;
  hostId: string;
  release: ReleaseRecord;
  /** The place in the order of all decisions about what runs. */
  sequence: number;
  /** True if the candidate starts beside the active instance, false if it replaces it. */
  beside: boolean;
  /** The port to prefer, so that the address stays. */
  preferPort?: number;
  /** The event of a takeover. Absent if the same release continues to serve. */
  event?: 'release_activated' | 'release_rolled_back';
  /** The deployment to whose log the health check writes. */
  logInto?: { deploymentId: string };
  settled: (outcome: ActivationOutcome) => void;
}

export class Candidate {
  ended = false;
  readonly #scope = new CancellationScope();
  readonly #done: Promise<void>;
  #instance: Instance | undefined;
  #exit: InstanceExit | undefined;
  #committed = false;
  /** The releases beyond those that are kept. */
  #dropped: ReleaseRecord[] = [];
  #superseded = false;
  #bringBack = false;
  #leavesDown = false;

  constructor(
    readonly state: ServiceState,
    readonly supervisor: Supervisor,
    readonly announcer: Announcer,
    readonly request: CandidateRequest,
    /** Returns true if the inbox already has a command that replaces this candidate. */
    readonly isOvertaken: () => boolean,
  ) {
    state.hostId ??= request.hostId;
    this.#done = this.#run();
  }

  get id(): string {
    return this.request.id;
  }

  get sequence(): number {
    return this.request.sequence;
  }

  /** The instance's id, until it takes over or is given up. */
  get wanted(): string | undefined {
    return this.#committed || this.#scope.consideredCancelled ? undefined : this.#instance?.instanceId;
  }

  /** Cancels the candidate. Before the takeover it rolls back; after it the outcome is already `activated`. */
  cancel(): void {
    if (!this.#committed) this.#scope.cancel();
  }

  /**
   * Ends this candidate for a later command, and waits until its instance is removed. `leavesDown` is true if the previous
   * app would only be stopped again.
   */
  async giveWay({ leavesDown }: { leavesDown: boolean }): Promise<void> {
    this.#superseded = !this.#committed;
    this.#leavesDown = leavesDown;
    this.cancel();
    await this.#done;
  }

  /** Records an exit between the last good check and the takeover. */
  observe(observation: InstanceNews): void {
    if (observation.kind === 'exited' && observation.instanceId === this.#instance?.instanceId)
      this.#exit = observation.exit;
  }

  async #run(): Promise<void> {
    const outcome = await this.#settled();
    this.request.settled(outcome);
    this.announcer.changed();
    await CancellationScope.nonCancellable(() => this.#discardDropped());
    this.ended = true;
  }

  async #settled(): Promise<ActivationOutcome> {
    let instance: Instance;
    try {
      instance = await this.#scope.run(async () => {
        const tried = await this.#startAndCheck();
        await this.#letLaterOnesDecide();
        return tried;
      });
    } catch (error) {
      await CancellationScope.nonCancellable(() => this.#rollBack());
      if (!this.#scope.consideredCancelled && !isCancellation(error)) return { kind: 'failed', error: errorOf(error) };
      return { kind: this.#superseded ? 'superseded' : 'cancelled' };
    }
    await CancellationScope.nonCancellable(() => this.#takeOver(instance));
    return { kind: 'activated', url: urlOf(this.state) };
  }

  async #startAndCheck(): Promise<Instance> {
    const { state, request, supervisor } = this;
    const steps = stepsOn(request.hostId);
    if (!request.beside) {
      // Not awaited if there is nothing to check, because older histories have no turn here.
      const checked = this.#checkBeforeStop(steps);
      if (checked) await checked;
      this.#bringBack = supervisor.keepsUp; // set before the stop, which may be interrupted
      await supervisor.standDown();
    }
    // Stops instances of an earlier run of this workflow.
    if (state.instancesStarted === 0) await steps.stopStrays({ service: state.name, keep: [] });
    const instance = nextInstance(state, request.release, new Date().toISOString());
    this.#instance = instance;
    const { port, startedAt, behindFront } = await steps.startInstance({
      ...instanceRef(instance),
      preferPort: request.preferPort,
      ...isolationOf(state),
    });
    Object.assign(instance, { port, startedAt, behindFront });
    await steps.awaitHealthy({ ...instanceRef(instance), port, logInto: request.logInto });
    instance.healthySince = startedAt;
    return instance;
  }

  /** Checks that the release can be started, so that the active app isn't stopped in vain. */
  #checkBeforeStop(steps: HostSteps): Promise<void> | undefined {
    const { state, request, supervisor } = this;
    const { spec } = request.release;
    if (!supervisor.keepsUp) return undefined;
    // The deployment that requests this candidate has just made the release.
    const isMadeAnew = request.logInto !== undefined;
    if (!isMadeAnew && patched('startable-checked-first')) return steps.checkStartable({ spec, ...isolationOf(state) });
    if (spec.mode === 'docker' || !patched('isolation-checked-first')) return undefined;
    return steps.checkIsolation({ service: state.name, mode: spec.mode, ...isolationOf(state) });
  }

  /**
   * Waits if a later command replaces this candidate. A killed worker may have had the command for longer than the
   * candidate took. The next worker gets both at the same time, and the candidate must not be faster, whichever is
   * handled first. A cancel ends this wait.
   */
  async #letLaterOnesDecide(): Promise<void> {
    const isTooLate = () => this.#scope.consideredCancelled || this.isOvertaken();
    if (isTooLate() && patched('later-ones-decide')) await condition(() => !isTooLate());
  }

  /**
   * Takes over in one commit, so nothing can come between the check and the takeover. The rest is clean-up, except for
   * the front proxy's route: it is set before the outcome is sent and before the old instance is stopped.
   */
  async #takeOver(instance: Instance): Promise<void> {
    const { state, supervisor, announcer, request } = this;
    const { serving: old, hostId: oldHost } = state;
    this.#committed = true;
    this.#dropped = takeOver(state, instance);
    state.hostId = request.hostId;
    state.intent = Math.max(state.intent ?? 0, request.sequence);
    if (request.event) recordEvent(state, { type: request.event, details: { release: request.release.release } });
    const health = instance.release.spec.health.skip ? 'unknown' : 'healthy'; // no health check has run yet
    announcer.changed({ status: 'running', health, message: undefined });
    await supervisor.pause();
    if (instance.behindFront) await supervisor.route(instance, request.hostId);
    if (old && oldHost !== null) {
      // A bot has no requests. An instance that was stopped first has no open ones.
      if (instance.behindFront && request.beside && old.port !== undefined)
        supervisor.drains.begin(old, old.port, oldHost);
      else await this.#told(() => undoStepsOn(oldHost).stopInstance(keyOf(old)));
    }
    if (this.#exit) supervisor.observe({ kind: 'exited', instanceId: instance.instanceId, exit: this.#exit });
  }

  /** Removes old releases after the outcome is sent, so no caller waits for it. */
  async #discardDropped(): Promise<void> {
    const { state, request } = this;
    for (const dropped of this.#dropped) {
      // An app needs its files; so many switches in so short a time are rare.
      await this.supervisor.drains.end(dropped.release);
      await this.#told(() => removeRelease(state.name, request.hostId, dropped));
    }
  }

  /**
   * Runs a clean-up and logs its failure. After a takeover nothing is rolled back: the host's daily clean-up removes
   * the rest.
   */
  async #told(cleanUp: () => Promise<unknown>): Promise<void> {
    try {
      await cleanUp();
    } catch (error) {
      log.error('clean-up after a switch failed', { error });
    }
  }

  /** Stops the candidate and starts the previous app again. */
  async #rollBack(): Promise<void> {
    const instance = this.#instance;
    this.#instance = undefined;
    if (instance) await this.#told(() => this.#steps().stopInstance(keyOf(instance)));
    if (this.#bringBack && !this.#leavesDown) await this.supervisor.bringBack();
    const { state } = this;
    // The next deployment chooses a host again.
    if (state.serving === null && state.releases.length === 0) state.hostId = null;
  }

  #steps() {
    return undoStepsOn(this.request.hostId);
  }
}

/**
 * Returns true for a web app whose port Slipway chooses: its candidate runs beside it, and serves only once it is
 * healthy. A bot, or an app with a fixed port, can't run twice: the old instance stops before the new one starts.
 */
export function mayRunBeside({ spec }: ReleaseRecord): boolean {
  return isPortChosen(spec);
}
