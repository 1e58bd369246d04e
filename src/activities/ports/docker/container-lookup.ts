// Finding this host's containers in the engine: each by its instance, and all of them.
import type Docker from 'dockerode';
import { labelFilter } from './engine.js';
import { isAbsent, unlessUnknown } from './engine-answers.js';
import { LABELS } from './labels.js';

export const nameOf = (instanceId: string): string => `slipway.${instanceId}`;

export interface ContainerLookup {
  container: (instanceId: string) => Docker.Container;
  /** Undefined when there is none. */
  inspect: (instanceId: string) => Promise<Docker.ContainerInspectInfo | undefined>;
  /** Of apps, whether they run or have ended: not those of release commands. */
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
        return await docker.listContainers({ all: true, filters: { label } });
      } catch (error) {
        if (isAbsent(error)) return [];
        throw error;
      }
    },
  };
}
