// A switch behind a front proxy: sets the route to the active instance, and drains the connections of the previous one.
import { setTimeout as delay } from 'node:timers/promises';
import { isPortChosen, type FrontAddress, type InstanceKey } from '../contract/steps.js';
import { settleRoute } from './front-route.js';
import { heartbeating } from './heartbeating.js';
import type { createInstances } from './instances.js';
import type { Ports } from './ports/index.js';
import type { HostSettings } from './settings.js';

const LOOK_EVERY_MS = 50;
/**
 * The time without connections after which a port counts as idle. The proxy may have accepted a request just before the
 * switch.
 */
const QUIET_MS = 300;

type FrontPorts = Pick<Ports, 'front' | 'entities' | 'processes'>;

/** Returns the activities of instances, together with those of the front proxy. */
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

    /** Returns null without a proxy or a route: the setting may have been removed meanwhile. */
    async routeService({ service }: { service: string }): Promise<FrontAddress | null> {
      const settled = front && (await settleRoute({ front, entities }, hostId, service));
      return settled?.address ?? null;
    },

    /** Resolves when a port has no more connections. The caller sets the time limit. */
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
