// Polls each watched deployment once, for any number of watchers.
import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { SlipwayError } from '../contract/errors.js';
import { isEnded } from '../contract/states.js';
import type { DeploymentState } from '../contract/views.js';
import type { Gateway } from './gateway.js';
import { unknown } from './route-resource.js';
import type { MaybeStale } from './temporal-calls.js';

/** The longest delay until an event is detected. */
const POLL_MS = 300;
/**
 * The minimum interval for each watched deployment, so that all deployments together cause at most a hundred queries a
 * second.
 */
const POLL_MS_EACH = 10;

export interface DeploymentWatch {
  /** The last known state, possibly stale. Throws after polling has failed. */
  readonly latest: MaybeStale<DeploymentState>;
  /** Resolves after the next poll. */
  next(signal: AbortSignal): Promise<void>;
  leave(): void;
}

interface Shared {
  latest: MaybeStale<DeploymentState>;
  watchers: number;
  polls: EventEmitter;
  failure?: Error;
}

export function createDeploymentWatches({ readDeployment }: Pick<Gateway, 'readDeployment'>, pollMs = POLL_MS) {
  const watched = new Map<string, Shared>();
  return { join };

  /** Starts to watch a deployment. `first` is the state that was just read. */
  function join(first: MaybeStale<DeploymentState>): DeploymentWatch {
    const id = first.value.deploymentId;
    const shared = watched.get(id) ?? begin(id, first);
    shared.watchers += 1;
    let isHere = true;
    return {
      get latest() {
        if (shared.failure) throw shared.failure;
        return shared.latest;
      },
      async next(signal) {
        if (!shared.failure) await once(shared.polls, 'again', { signal });
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

  function begin(id: string, first: MaybeStale<DeploymentState>): Shared {
    const shared: Shared = { latest: first, watchers: 0, polls: new EventEmitter().setMaxListeners(0) };
    watched.set(id, shared);
    void poll(id, shared);
    return shared;
  }

  async function poll(id: string, shared: Shared): Promise<void> {
    while (!isEnded(shared.latest.value.status) && !shared.failure) {
      await delay(Math.max(pollMs, watched.size * POLL_MS_EACH), undefined, { ref: false });
      if (shared.watchers === 0) return;
      await ask(id, shared);
      shared.polls.emit('again');
    }
    if (shared.failure) watched.delete(id); // the next watcher polls again
  }

  async function ask(id: string, shared: Shared): Promise<void> {
    try {
      const answer = await readDeployment(id);
      if (!answer) throw unknown(id);
      shared.latest = answer.stale ? { ...shared.latest, stale: true } : answer; // a stale answer has no new state
    } catch (error) {
      if (error instanceof SlipwayError && error.code === 'temporal_unavailable')
        shared.latest = { ...shared.latest, stale: true };
      else shared.failure = error as Error;
    }
  }
}
