// Finds this host's containers in the engine, by instance or all of them.
import type Docker from 'dockerode';
import { labelFilter } from './engine-calls.js';
import { isAbsent, unlessUnknown } from './engine-answers.js';
import { LABELS } from './labels.js';

/** The time limit of a list. An engine answers in milliseconds, unless it is stuck. */
const LIST_MS = 2000;

export const nameOf = (instanceId: string): string => `slipway.${instanceId}`;

export interface ContainerLookup {
  container: (instanceId: string) => Docker.Container;
  /** Returns undefined if there is no container. */
  inspect: (instanceId: string) => Promise<Docker.ContainerInspectInfo | undefined>;
  /**
   * Lists containers of apps, running or ended, without those of release commands. Rejects if the list is unavailable.
   */
  list: () => Promise<Docker.ContainerInfo[]>;
}

export function createLookup(docker: Docker, hostId: string): ContainerLookup {
  const container = (instanceId: string): Docker.Container => docker.getContainer(nameOf(instanceId));
  return {
    container,
    inspect: (instanceId) => unlessUnknown(container(instanceId).inspect()),

    /** Returns an empty list without an engine, because containers run only in it. */
    async list() {
      try {
        const label = [...labelFilter({ [LABELS.host]: hostId }), LABELS.instance];
        const abortSignal = AbortSignal.timeout(LIST_MS);
        return await docker.listContainers({ all: true, filters: { label }, abortSignal });
      } catch (error) {
        if (isAbsent(error)) return [];
        throw error;
      }
    },
  };
}
