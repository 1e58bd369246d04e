// Finds this host's containers in the engine, by instance or all of them.
import type Docker from 'dockerode';
import { labelFilter } from './engine-calls.js';
import { isAbsent, unlessUnknown } from './engine-answers.js';
import { LABELS } from './labels.js';

/** The time limit of a list. An engine answers in milliseconds, unless it is stuck. */
const LIST_MS = 2000;

const PREFIX = 'slipway.';

export const nameOf = (instanceId: string): string => `${PREFIX}${instanceId}`;

/** Returns true for a container that Slipway made, not for one that a person started from Slipway's image. */
export const isOwn = ({ Names }: Pick<Docker.ContainerInfo, 'Names'>): boolean =>
  Names.some((name) => name.startsWith(`/${PREFIX}`));

/**
 * Returns the instance that runs in a container, or undefined, for example for a release command. The label alone is no
 * proof: an image can have it, too, but it can't choose the name of its container.
 */
export function instanceIn({ Names, Labels }: Pick<Docker.ContainerInfo, 'Names' | 'Labels'>): string | undefined {
  const instanceId = Labels[LABELS.instance];
  return instanceId !== undefined && Names.includes(`/${nameOf(instanceId)}`) ? instanceId : undefined;
}

export interface ContainerLookup {
  container: (instanceId: string) => Docker.Container;
  /** Returns undefined if there is no container. */
  inspect: (instanceId: string) => Promise<Docker.ContainerInspectInfo | undefined>;
  /**
   * Lists the instances that have a container, running or ended. Rejects if the list is unavailable.
   */
  instances: () => Promise<string[]>;
}

export function createLookup(docker: Docker, hostId: string): ContainerLookup {
  const container = (instanceId: string): Docker.Container => docker.getContainer(nameOf(instanceId));
  return {
    container,
    inspect: (instanceId) => unlessUnknown(container(instanceId).inspect()),

    /** Returns an empty list without an engine, because containers run only in it. */
    async instances() {
      try {
        const label = [...labelFilter({ [LABELS.host]: hostId }), LABELS.instance];
        const abortSignal = AbortSignal.timeout(LIST_MS);
        const containers = await docker.listContainers({ all: true, filters: { label }, abortSignal });
        return containers.flatMap((each) => instanceIn(each) ?? []);
      } catch (error) {
        if (isAbsent(error)) return [];
        throw error;
      }
    },
  };
}
