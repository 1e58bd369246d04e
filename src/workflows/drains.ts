// What served before a switch answers the requests that were open then, and is stopped: beside all else the service does.
import { CancellationScope, isCancellation, log } from '@temporalio/workflow';
import type { Draining, Instance, ServiceState } from './service-state.js';
import { stepsOn, undoStepsOn } from './steps.js';

/** What a request that is open at a switch is given (contract §4). */
const OPEN_REQUESTS_MS = 30_000;

/** Each stands in the state for as long as it goes on: a history that is folded meanwhile takes it up again. */
export class Drains {
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

  /** Cuts off what is still open, of one release or of all, and waits until nothing of it is left. */
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

  /** Never fails: what could not be stopped is left to the host's daily round. */
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
