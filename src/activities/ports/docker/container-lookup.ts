// Finding this host's containers in the engine: each by its instance, and all of them.
import type Docker from 'dockerode';
import { labelFilter } from './engine-calls.js';
import { isAbsent, unlessUnknown } from './engine-answers.js';
import { LABELS } from './labels.js';

/** The engine tells its list in milliseconds: one that does not is stuck, and nobody waits for it. */
const LIST_MS = 2000;

export const nameOf = (instanceId: string): string => `slipway.${instanceId}`;

export interface ContainerLookup {
  container: (instanceId: string) => Docker.Container;
  /** Undefined when there is none. */
  inspect: (instanceId: string) => Promise<Docker.ContainerInspectInfo | undefined>;
  /** Of apps, whether they run or have ended: not those of release commands. Rejects while that can't be known. */
  list: () => Promise<Docker.ContainerInfo[]>;
}

export function createLookup(docker: Docker, hostId: string): ContainerLookup {
  const container = (instanceId: string): Docker.Container => docker.getContainer(nameOf(instanceId));
  return {
    container,
    inspect: (instanceId) => unlessUnknown(container(instanceId).inspect()),

    /** Without an engine there are none: they run in it. */
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
