// Drains the instance that served before a switch: it answers the open requests, and is then stopped. The service does
// other work meanwhile.
import { CancellationScope, isCancellation, log } from '@temporalio/workflow';
import type { Draining, Instance, ServiceState } from './service-state.js';
import { stepsOn, undoStepsOn } from './steps.js';

/** The longest time that a request which is open at a switch may take. */
const OPEN_REQUESTS_MS = 30_000;

/** Each draining instance is in the state until its drain ends, so continue-as-new can resume it. */
export class ConnectionDraining {
  readonly #running = new Map<Draining, { scope: CancellationScope; done: Promise<void> }>();

  constructor(readonly state: ServiceState) {}

  begin({ instanceId, release }: Instance, port: number, hostId: string): void {
    const draining: Draining = {
      instance: { instanceId, mode: release.spec.mode },
      release: release.release,
      hostId,
      port,
      dueMs: Date.now() + OPEN_REQUESTS_MS,
    };
    this.state.draining = [...(this.state.draining ?? []), draining];
    this.#start(draining);
  }

  resume(): void {
    for (const draining of this.state.draining ?? []) this.#start(draining);
  }

  /** Cuts off the open requests of one release, or of all releases, and waits until the instances are stopped. */
  async end(release?: string): Promise<void> {
    const ending = [...this.#running].filter(([draining]) => release === undefined || draining.release === release);
    for (const [, { scope }] of ending) scope.cancel();
    await Promise.all(ending.map(([, { done }]) => done));
  }

  #start(draining: Draining): void {
    const scope = new CancellationScope();
    const done = this.#drain(draining, scope).then(() => {
      this.#running.delete(draining);
      this.state.draining = (this.state.draining ?? []).filter((other) => other !== draining);
    });
    this.#running.set(draining, { scope, done });
  }

  /** Never fails: the host's daily clean-up stops an instance that could not be stopped here. */
  async #drain({ instance, hostId, port, dueMs }: Draining, scope: CancellationScope): Promise<void> {
    const leftMs = Math.max(1, dueMs - Date.now());
    try {
      await scope.run(() =>
        CancellationScope.withTimeout(leftMs, () => stepsOn(hostId).drainInstance({ ...instance, port })),
      );
    } catch (error) {
      if (!isCancellation(error)) log.warn('whether requests are open could not be seen', { error });
    }
    try {
      await CancellationScope.nonCancellable(() => undoStepsOn(hostId).stopInstance(instance));
    } catch (error) {
      log.error('what served before could not be stopped', { error });
    }
  }
}
