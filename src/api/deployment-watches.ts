// One poller for each deployment that is watched, however many watch it.
import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { SlipwayError } from '../contract/errors.js';
import { isEnded } from '../contract/states.js';
import type { DeploymentState } from '../contract/views.js';
import type { Gateway } from './gateway.js';
import { unknown } from './resource.js';
import type { Told } from './temporal-calls.js';

/** How late an event may be seen. */
const POLL_MS = 300;
/** With many watched, each is asked less often: at most a hundred questions a second in all. */
const POLL_MS_EACH = 10;

export interface DeploymentWatch {
  /** As it was last told, stale or not; throws once it can't be asked any more. */
  readonly told: Told<DeploymentState>;
  /** Resolves when it was asked again. */
  next(signal: AbortSignal): Promise<void>;
  leave(): void;
}

interface Shared {
  told: Told<DeploymentState>;
  watchers: number;
  asked: EventEmitter;
  failure?: Error;
}

export function createDeploymentWatches({ readDeployment }: Pick<Gateway, 'readDeployment'>, pollMs = POLL_MS) {
  const watched = new Map<string, Shared>();
  return { join };

  /** From what has just been read. */
  function join(first: Told<DeploymentState>): DeploymentWatch {
    const id = first.value.deploymentId;
    const shared = watched.get(id) ?? begin(id, first);
    shared.watchers += 1;
    let isHere = true;
    return {
      get told() {
        if (shared.failure) throw shared.failure;
        return shared.told;
      },
      async next(signal) {
        if (!shared.failure) await once(shared.asked, 'again', { signal });
        if (shared.failure) throw shared.failure;
      },
      leave() {
        if (!isHere) return;
        isHere = false;
        shared.watchers -= 1;
        if (shared.watchers === 0 && watched.get(id) === shared) watched.delete(id);
      },
    };
  }

  function begin(id: string, told: Told<DeploymentState>): Shared {
    const shared: Shared = { told, watchers: 0, asked: new EventEmitter().setMaxListeners(0) };
    watched.set(id, shared);
    void poll(id, shared);
    return shared;
  }

  async function poll(id: string, shared: Shared): Promise<void> {
    while (!isEnded(shared.told.value.status) && !shared.failure) {
      await delay(Math.max(pollMs, watched.size * POLL_MS_EACH), undefined, { ref: false });
      if (shared.watchers === 0) return;
      await ask(id, shared);
      shared.asked.emit('again');
    }
    if (shared.failure) watched.delete(id); // whoever comes next asks anew
  }

  async function ask(id: string, shared: Shared): Promise<void> {
    try {
      const told = await readDeployment(id);
      if (!told) throw unknown(id);
      shared.told = told.stale ? { ...shared.told, stale: true } : told; // what was last known is no news
    } catch (error) {
      if (error instanceof SlipwayError && error.code === 'temporal_unavailable')
        shared.told = { ...shared.told, stale: true };
      else shared.failure = error as Error;
    }
  }
}
