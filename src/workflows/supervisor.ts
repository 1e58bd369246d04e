// Keeps the active app running: an app that ends is started again, with growing waits, and never more often than its
// budget.
import { CancellationScope, condition, isCancellation, log, patched, sleep } from '@temporalio/workflow';
import type { ErrorRecord } from '../contract/errors.js';
import type { InstanceNews } from '../contract/messages.js';
import type { TextKey } from '../contract/texts.js';
import type { FrontAddress, InstanceExit, InstanceKey, InstanceRef, StopInstanceInput } from '../contract/steps.js';
import type { Announcer } from './announcer.js';
import { ConnectionDraining } from './connection-draining.js';
import { errorOf } from './failure.js';
import { decideRestart, NO_FALLS } from './plan.js';
import {
  afterHealth,
  DEFAULT_RESTART_POLICY,
  NO_RESTARTS,
  planRestart,
  withStart,
  type Pace,
  type Run,
} from './restart-policy.js';
import { isolationOf, nextInstance, recordEvent, type Instance, type ServiceState } from './service-state.js';
import { frontOn, stepsOn, undoStepsOn, type HostSteps } from './steps.js';

/**
 * The longest time that a rollback waits for the previous app. If it can't be started in this time, the attempts
 * continue in the background.
 */
const LONGEST_BRING_BACK = '10 seconds';

/**
 * How an app ended. `how` is the text of a step's error, for an app that was never healthy. `refusal` means that the
 * app wasn't started at all.
 */
type Fall = InstanceExit & { how?: string; refusal?: ErrorRecord };
type HealthNews = Extract<InstanceNews, { kind: 'health' }>;

/** The messages for an app that waits for its next start. */
const MESSAGES = {
  quick: 'service.exited_restarting',
  slow: 'service.restarts_slowly',
  budget_spent: 'service.restart_budget_spent',
} as const satisfies Record<Pace, TextKey>;

export class Supervisor {
  #recovery: { scope: CancellationScope; done: Promise<void> } | undefined;
  /** True while it only waits for the next start, which is in the state, too. */
  #isBackingOff = false;
  /** An exit that was reported before the start of its instance was confirmed. */
  #earlyExit: { instanceId: string; exit: InstanceExit } | undefined;
  /** The instances that served before and still answer open requests. */
  readonly drains: ConnectionDraining;

  constructor(
    readonly state: ServiceState,
    readonly announcer: Announcer,
  ) {
    this.drains = new ConnectionDraining(state);
  }

  get busy(): boolean {
    return this.#recovery !== undefined && !this.#isBackingOff;
  }

  /** Continues the wait for a start, and the draining instances, after continue-as-new. */
  resume(): void {
    this.drains.resume();
    if (this.state.restartDueMs !== undefined) void this.#start(this.state.restartDueMs);
  }

  observe(observation: InstanceNews): void {
    if (observation.instanceId !== this.state.serving?.instanceId) return;
    switch (observation.kind) {
      case 'exited':
        this.#exited(observation.instanceId, observation.exit);
        return;
      case 'health':
        if (this.state.status === 'stopped') return; // observed before the stop, reported after it
        this.#healthChanged(this.state.serving, observation);
        return;
      case 'routed':
        this.#routed(this.state.serving, observation.address);
    }
  }

  /** Returns true if an app is running or being started. */
  get keepsUp(): boolean {
    const { serving, status, restartDueMs } = this.state;
    if (serving === null || status === 'stopped') return false;
    return status !== 'error' || restartDueMs !== undefined;
  }

  /** The id of the instance to keep running, as far as the active release decides it. */
  get wanted(): string | undefined {
    return this.keepsUp && this.state.status !== 'stopping' ? this.state.serving?.instanceId : undefined;
  }

  /** Ends a recovery that is under way, and waits until it has stopped. */
  async pause(): Promise<void> {
    const recovery = this.#recovery;
    if (!recovery) return;
    recovery.scope.cancel();
    await recovery.done;
  }

  /**
   * Sets the front proxy's route to the instance. If the proxy can't be reached, the worker sets the route when it is
   * back.
   */
  async route(instance: Instance, hostId: string): Promise<void> {
    try {
      const address = await frontOn(hostId).routeService({ service: this.state.name });
      if (address) this.#routed(instance, address);
      else this.#notRouted(instance);
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.error('the front proxy has no route to what serves now', { error });
      this.#notRouted(instance);
    }
  }

  /**
   * Sets the route before an app is stopped for good. Its callers then get the answer that it is down, instead of a
   * connection error. A proxy that is away doesn't delay the stop: the worker sets the route when it is back.
   */
  async shutFront(door: 'shut' | 'gone'): Promise<void> {
    const { serving, hostId } = this.state;
    if (!serving?.behindFront || hostId === null || !patched('shut-first')) return;
    this.state.door = door;
    try {
      await frontOn(hostId, { attempts: 2 }).routeService({ service: this.state.name });
    } catch (error) {
      log.error('the front proxy still leads to what is stopped', { error });
    }
  }

  /** Uses the instance's own address as the service's address. */
  #notRouted(instance: Instance): void {
    delete instance.behindFront;
    this.announcer.changed();
  }

  #routed(instance: Instance, address: FrontAddress): void {
    this.state.front = address;
    instance.behindFront = true;
    this.announcer.changed();
  }

  /** Stops all instances, and records that this is intended. */
  async standDown(how: Pick<StopInstanceInput, 'discardsData'> = {}): Promise<void> {
    await this.drains.end();
    const { serving, hostId } = this.state;
    if (!serving || hostId === null || !this.keepsUp) return;
    this.announcer.changed({ status: 'stopping' });
    await this.pause();
    await undoStepsOn(hostId).stopInstance({ ...keyOf(this.state.serving ?? serving), ...how });
  }

  /** Starts the previous app again. Returns when it is started, or after the time limit. */
  async bringBack(): Promise<void> {
    await this.pause();
    this.state.falls = NO_FALLS;
    // This start was not requested, so it counts for the budget.
    const { startsMs } = this.state.restartHistory ?? NO_RESTARTS;
    this.state.restartHistory = { ...NO_RESTARTS, startsMs };
    void this.#start(0);
    // Doesn't wait until it is healthy: a cancel waits for this, and a slow app's health check may take a minute.
    await condition(() => !this.#recovery || this.state.status === 'running', LONGEST_BRING_BACK);
  }

  #exited(instanceId: string, exit: InstanceExit): void {
    if (this.state.status === 'stopping' || this.state.status === 'stopped') return; // the exit was requested
    if (this.#recovery) this.#earlyExit = { instanceId, exit };
    else this.#begin(exit);
  }

  #begin(exit: Fall): void {
    const { serving } = this.state;
    if (!serving) return;
    const how = exit.how ?? exit.refusal?.code ?? exit.signal ?? `exit ${exit.code ?? '?'}`;
    recordEvent(this.state, { type: 'process_exited', details: { how, instance: serving.instanceId } });
    if (patched('restart-budget')) this.#planNextStart(serving, exit, how);
    else this.#restartOrGiveUp(serving, exit, how);
  }

  /** Plans the next start by Temporal's clock alone. The host's clock only measures how long the app was up. */
  #planNextStart(serving: Instance, exit: Fall, how: string): void {
    const { state } = this;
    const nowMs = Date.now();
    const policy = serving.release.spec.restart ?? DEFAULT_RESTART_POLICY;
    const before = state.restartHistory ?? NO_RESTARTS;
    const { waitMs, history } = planRestart(before, runOf(serving, exit), policy, nowMs);
    const { pace } = history;
    state.restartHistory = history;
    const at = new Date(nowMs + waitMs).toISOString();
    if (pace !== 'quick' && pace !== before.pace) {
      const reason = { text: 'service.next_start', params: { at } } as const;
      recordEvent(state, { type: 'recovery_gave_up', reason, details: { how, next_start: at } });
    }
    recordEvent(state, { type: 'recovery_started', details: { after_ms: waitMs } });
    void this.#start(nowMs + waitMs);
    const { text, params } = exit.refusal ?? {
      text: MESSAGES[pace],
      params: { how, at, count: history.startsMs.length },
    };
    const message = { text, params };
    this.announcer.changed({ status: pace === 'quick' ? 'initializing' : 'error', health: 'unhealthy', message });
  }

  /** For histories from before the restart budget. */
  #restartOrGiveUp(serving: Instance, exit: Fall, how: string): void {
    const decision = decideRestart(this.state.falls, Date.parse(exit.at) - Date.parse(serving.startedAt));
    this.state.falls = decision.count;
    const params = { how };
    if (decision.kind === 'give_up') {
      recordEvent(this.state, { type: 'recovery_gave_up', details: params });
      this.announcer.changed({
        status: 'error',
        health: 'unhealthy',
        message: { text: 'service.gave_up', params },
      });
      return;
    }
    const message = { text: 'service.exited_restarting', params } as const;
    recordEvent(this.state, { type: 'recovery_started', details: { after_ms: decision.afterMs } });
    this.announcer.changed({ status: 'initializing', health: 'unhealthy', message });
    void this.#start(Date.parse(exit.at) + decision.afterMs);
  }

  #start(dueMs: number): Promise<void> {
    const scope = new CancellationScope();
    this.state.restartDueMs = dueMs;
    const done = scope
      .run(() => this.#recover(dueMs))
      .catch((error: unknown) => {
        if (isCancellation(error) || scope.consideredCancelled) return undefined; // a stopped step may end in any way
        log.error('the app could not be started again', { error });
        return fallOf(error); // counts as an immediate exit
      })
      .then((exit) => {
        this.#recovery = undefined;
        delete this.state.restartDueMs;
        // The exit of a paused recovery doesn't concern the active instance.
        if (exit && !scope.consideredCancelled) this.#begin(exit);
      });
    this.#recovery = { scope, done };
    return done;
  }

  #healthChanged(serving: Instance, { health, at }: HealthNews): void {
    if (health === 'healthy') serving.healthySince ??= at;
    if (health === 'unhealthy') {
      this.state.restartHistory = afterHealth(this.state.restartHistory ?? NO_RESTARTS, healthyMs(serving, at));
      delete serving.healthySince;
    }
    this.announcer.changed({ health });
  }

  /** Returns how the app ended, if it ended before its start was confirmed. */
  async #recover(dueMs: number): Promise<InstanceExit | undefined> {
    const { state, announcer } = this;
    if (!state.serving || state.hostId === null) return undefined;
    const { release, port, instanceId, behindFront } = state.serving;
    const { stopInstance } = undoStepsOn(state.hostId);
    // Stops what is left of the instance, and removes its record.
    const clear = () => stopInstance({ instanceId, mode: release.spec.mode });
    if (patched('clears-while-backing-off')) await this.#backOffBeside(clear, dueMs);
    else await this.#clearAndBackOff(clear, dueMs);
    if (isPaused()) return undefined; // the step may succeed although it was cancelled: another instance serves by now
    const instance: Instance = { ...nextInstance(state, release, new Date().toISOString()), port, behindFront };
    state.serving = instance;
    announcer.changed({ status: 'initializing', health: 'unknown' });
    state.restartHistory = withStart(state.restartHistory ?? NO_RESTARTS, Date.now());
    const steps = stepsOn(state.hostId);
    const started = await steps.startInstance({ ...instanceRef(instance), preferPort: port, ...isolationOf(state) });
    if (isPaused()) return undefined; // the caller that paused it also stops this instance
    Object.assign(instance, { port: started.port, startedAt: started.startedAt, behindFront: started.behindFront });
    state.restarts += 1;
    recordEvent(state, { type: 'recovery_succeeded', details: { instance: instance.instanceId } });
    announcer.changed({ status: 'running', message: undefined });
    const isRouted = behindFront && started.port === port; // the route already leads there
    if (started.behindFront && !isRouted) await this.route(instance, state.hostId);
    await this.#watchOver(steps, instance);
    const earlyExit = this.#earlyExit;
    this.#earlyExit = undefined;
    return earlyExit?.instanceId === instance.instanceId ? earlyExit.exit : undefined;
  }

  /**
   * Stops the old instance while the back-off runs. The timer starts with the app's end, because an engine takes a
   * while to remove a container. Temporal may also fire a timer of less than a second as late as a timer of a second.
   */
  async #backOffBeside(clear: () => Promise<unknown>, dueMs: number): Promise<void> {
    const leftMs = dueMs - Date.now();
    const due = leftMs > 0 ? sleep(leftMs) : Promise.resolve();
    due.catch(() => undefined); // if it is cancelled meanwhile, `clear` reports this when it ends
    await clear();
    await this.#backingOff(due);
  }

  /** For histories from before both ran in parallel. */
  async #clearAndBackOff(clear: () => Promise<unknown>, dueMs: number): Promise<void> {
    await clear();
    const leftMs = dueMs - Date.now();
    if (leftMs > 0) await this.#backingOff(sleep(leftMs));
  }

  async #backingOff(due: Promise<void>): Promise<void> {
    this.#isBackingOff = true;
    try {
      await due;
    } finally {
      this.#isBackingOff = false;
    }
  }

  /**
   * Checks the health of the started app. It serves whatever the result is, but its health should be available soon.
   */
  async #watchOver(steps: HostSteps, instance: Instance): Promise<void> {
    try {
      await steps.awaitHealthy({ ...instanceRef(instance), port: instance.port });
      instance.healthySince ??= instance.startedAt;
      this.announcer.changed({ health: 'healthy' });
    } catch (error) {
      if (isPaused() || isCancellation(error) || errorOf(error).code === 'app_exited') throw error;
      this.announcer.changed({ health: 'unhealthy' });
    }
  }
}

/** Returns the durations of a run. Both times are from the app's own host. */
function runOf(serving: Instance, exit: Fall): Run {
  if (exit.how !== undefined) return { upMs: 0, healthyMs: 0 };
  return { upMs: Date.parse(exit.at) - Date.parse(serving.startedAt), healthyMs: healthyMs(serving, exit.at) };
}

const healthyMs = ({ healthySince }: Instance, at: string): number =>
  healthySince === undefined ? 0 : Date.parse(at) - Date.parse(healthySince);

function fallOf(error: unknown): Fall {
  const record = errorOf(error);
  const { exit } = record.params;
  return {
    code: null,
    signal: null,
    at: new Date().toISOString(),
    reason: 'exited',
    ...(record.code === 'app_exited' ? exit !== undefined && { how: String(exit) } : { refusal: record }),
  };
}

const isPaused = (): boolean => CancellationScope.current().consideredCancelled;

export const keyOf = ({ instanceId, release }: Instance): InstanceKey => ({ instanceId, mode: release.spec.mode });

export const instanceRef = ({ instanceId, release }: Instance): InstanceRef => ({ instanceId, spec: release.spec });
