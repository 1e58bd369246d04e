// A switch behind a front proxy: the route to what serves now, and the end of what was open before.
import { setTimeout as delay } from 'node:timers/promises';
import { isPortChosen, type FrontAddress, type InstanceKey } from '../contract/steps.js';
import { settleRoute } from './front-route.js';
import { heartbeating } from './heartbeating.js';
import type { createInstances } from './instances.js';
import type { Ports } from './ports/index.js';
import type { HostSettings } from './settings.js';

const LOOK_EVERY_MS = 50;
/** A request that the proxy took just before the switch may be on its way: what is quiet stays so for this long. */
const QUIET_MS = 300;

type FrontPorts = Pick<Ports, 'front' | 'entities' | 'processes'>;

/** The activities of instances, and those that a proxy in front of them takes. */
export function createFront<I extends Pick<ReturnType<typeof createInstances>, 'startInstance'>>(
  { front, entities, processes }: FrontPorts,
  { hostId }: Pick<HostSettings, 'hostId'>,
  instances: I,
) {
  const startInstance: I['startInstance'] = async (input) => {
    const started = await instances.startInstance(input);
    return { ...started, ...(front && isPortChosen(input.spec) && { behindFront: true as const }) };
  };
  return {
    ...instances,
    startInstance,

    /** Null where there is no proxy, or nothing to lead to: the setting may have been taken back meanwhile. */
    async routeService({ service }: { service: string }): Promise<FrontAddress | null> {
      const settled = front && (await settleRoute({ front, entities }, hostId, service));
      return settled?.address ?? null;
    },

    /** Resolves when nobody is connected to a port any more. How long that may take is the caller's to say. */
    drainInstance({ port }: InstanceKey & { port: number }): Promise<void> {
      return heartbeating(async (signal) => {
        for (let quietMs = 0; quietMs < QUIET_MS; quietMs += LOOK_EVERY_MS) {
          if (processes.countConnectionsTo(port) > 0) quietMs = 0;
          await delay(LOOK_EVERY_MS, undefined, { signal });
        }
      });
    },
  };
}
