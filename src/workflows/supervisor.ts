// Keeps what serves up: an app that ends is started again, more and more slowly, and never more often than its budget.
import { CancellationScope, condition, isCancellation, log, patched, sleep } from '@temporalio/workflow';
import type { ErrorRecord } from '../contract/errors.js';
import type { InstanceNews } from '../contract/messages.js';
import type { TextKey } from '../contract/texts.js';
import type { FrontAddress, InstanceExit, InstanceKey, InstanceRef } from '../contract/steps.js';
import type { Announcer } from './announcer.js';
import { Drains } from './drains.js';
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

/** An app that can't be started at once goes on being tried, without anybody waiting for it. */
const LONGEST_BRING_BACK = '10 seconds';

/**
 * How an app ended; in words where a step told it so, which is of an app that was never well. `refusal`: it was not even
 * started.
 */
type Fall = InstanceExit & { how?: string; refusal?: ErrorRecord };
type HealthNews = Extract<InstanceNews, { kind: 'health' }>;

/** What is said of an app that waits for its next start. */
const MESSAGES = {
  quick: 'service.exited_restarting',
  slow: 'service.restarts_slowly',
  budget_spent: 'service.restart_budget_spent',
} as const satisfies Record<Pace, TextKey>;

export class Supervisor {
  #recovery: { scope: CancellationScope; done: Promise<void> } | undefined;
  /** Only waiting for the next start: that stands in the state, too. */
  #isBackingOff = false;
  /** What was seen of an instance before its own start had been confirmed. */
  #earlyExit: { instanceId: string; exit: InstanceExit } | undefined;
  /** What served before, and still answers. */
  readonly drains: Drains;

  constructor(
    readonly state: ServiceState,
    readonly announcer: Announcer,
  ) {
    this.drains = new Drains(state);
  }

  get busy(): boolean {
    return this.#recovery !== undefined && !this.#isBackingOff;
  }

  /** Goes on waiting for a start that was due when the history was folded, and with what was draining then. */
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
        if (this.state.status === 'stopped') return; // seen before its stop, told after it
        this.#healthChanged(this.state.serving, observation);
        return;
      case 'routed':
        this.#routed(this.state.serving, observation.address);
    }
  }

  /** Whether there is an app that is up, or on its way to be. */
  get keepsUp(): boolean {
    const { serving, status, restartDueMs } = this.state;
    if (serving === null || status === 'stopped') return false;
    return status !== 'error' || restartDueMs !== undefined;
  }

  /** The instance that is to run, as far as what serves decides it. */
  get wanted(): string | undefined {
    return this.keepsUp && this.state.status !== 'stopping' ? this.state.serving?.instanceId : undefined;
  }

  /** Ends a recovery under way, and waits until nothing of it goes on. */
  async pause(): Promise<void> {
    const recovery = this.#recovery;
    if (!recovery) return;
    recovery.scope.cancel();
    await recovery.done;
  }

  /** Has the front proxy lead to it. Where that can't be reached, the worker sets the route as soon as it is back. */
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
   * Before an app is stopped for good, so that whoever calls it meanwhile is told that it is down, and not that it can't
   * be reached. A proxy that is away does not hold up a stop: the worker sees to the route when it is back.
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

  /** It is told by its own address. */
  #notRouted(instance: Instance): void {
    delete instance.behindFront;
    this.announcer.changed();
  }

  #routed(instance: Instance, address: FrontAddress): void {
    this.state.front = address;
    instance.behindFront = true;
    this.announcer.changed();
  }

  /** Stops all that is up, and takes note that this is meant. */
  async standDown(): Promise<void> {
    await this.drains.end();
    const { serving, hostId } = this.state;
    if (!serving || hostId === null || !this.keepsUp) return;
    this.announcer.changed({ status: 'stopping' });
    await this.pause();
    await undoStepsOn(hostId).stopInstance(keyOf(this.state.serving ?? serving));
  }

  /** Starts what served before once more. Returns when it was started. */
  async bringBack(): Promise<void> {
    await this.pause();
    this.state.falls = NO_FALLS;
    const { startsMs } = this.state.restartHistory ?? NO_RESTARTS; // nobody asked for this start
    this.state.restartHistory = { ...NO_RESTARTS, startsMs };
    void this.#start(0);
    // Not until it is healthy: a cancel waits for this, and a slow app's own health check may take a minute.
    await condition(() => !this.#recovery || this.state.status === 'running', LONGEST_BRING_BACK);
  }

  #exited(instanceId: string, exit: InstanceExit): void {
    if (this.state.status === 'stopping' || this.state.status === 'stopped') return; // it was told to
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

  /** Due by Temporal's clock alone: that of the host only measures how long the app was up. */
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

  /** Of histories from before there was a budget of restarts. */
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
        return fallOf(error); // counts as an exit at once
      })
      .then((exit) => {
        this.#recovery = undefined;
        delete this.state.restartDueMs;
        if (exit && !scope.consideredCancelled) this.#begin(exit); // a paused one says nothing of what serves by now
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

  /** Returns how it ended again, when it did so before its start was confirmed. */
  async #recover(dueMs: number): Promise<InstanceExit | undefined> {
    const { state, announcer } = this;
    if (!state.serving || state.hostId === null) return undefined;
    const { release, port, instanceId, behindFront } = state.serving;
    const { stopInstance } = undoStepsOn(state.hostId);
    const clear = () => stopInstance({ instanceId, mode: release.spec.mode }); // what is left of it, and its record
    if (patched('clears-while-backing-off')) await this.#backOffBeside(clear, dueMs);
    else await this.#clearAndBackOff(clear, dueMs);
    if (isPaused()) return undefined; // what was stopped could end well all the same: something else serves by now
    const instance: Instance = { ...nextInstance(state, release, new Date().toISOString()), port, behindFront };
    state.serving = instance;
    announcer.changed({ status: 'initializing', health: 'unknown' });
    state.restartHistory = withStart(state.restartHistory ?? NO_RESTARTS, Date.now());
    const steps = stepsOn(state.hostId);
    const started = await steps.startInstance({ ...instanceRef(instance), preferPort: port, ...isolationOf(state) });
    if (isPaused()) return undefined; // whoever paused it stops this instance as well
    Object.assign(instance, { port: started.port, startedAt: started.startedAt, behindFront: started.behindFront });
    state.restarts += 1;
    recordEvent(state, { type: 'recovery_succeeded', details: { instance: instance.instanceId } });
    announcer.changed({ status: 'running', message: undefined });
    const isRouted = behindFront && started.port === port; // it leads there already
    if (started.behindFront && !isRouted) await this.route(instance, state.hostId);
    await this.#watchOver(steps, instance);
    const seen = this.#earlyExit;
    this.#earlyExit = undefined;
    return seen?.instanceId === instance.instanceId ? seen.exit : undefined;
  }

  /**
   * The back-off begins with the app's end, and its timer with it: an engine takes a while to remove a container, and
   * Temporal may fire a timer of less than a second as late as one of a whole second.
   */
  async #backOffBeside(clear: () => Promise<unknown>, dueMs: number): Promise<void> {
    const leftMs = dueMs - Date.now();
    const due = leftMs > 0 ? sleep(leftMs) : Promise.resolve();
    due.catch(() => undefined); // cancelled while it is cleared: that is told by `clear`, which ends in its own time
    await clear();
    await this.#backingOff(due);
  }

  /** Of histories from before the two were done at once. */
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

  /** It serves again whatever its health check says; but whether it is well should be known soon. */
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

/** Both times are of the app's own host. */
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
