// Instances that services believe to run here, and of which nothing is left: a data folder was restored, or cleared by hand.
import type { InstancePort } from '../activities/ports/instance-port.js';
import type { Mode } from '../contract/states.js';
import type { ServiceView } from '../contract/views.js';
import { passed } from './passed.js';
import type { Report, WatcherLog } from './reporter.js';

interface LostDeps {
  hostId: string;
  services: () => Promise<ServiceView[]>;
  runtimeOf: (mode: Mode) => Pick<InstancePort<never>, 'readRecord'>;
  report: Report;
  log: WatcherLog;
  listAgainMs?: number;
}

/** Before the services are asked for once more: Temporal did not list them. */
const LIST_AGAIN_MS = 2_000;

/** Tells each of them as an exit that nobody saw, so that it is started again. Once, when a worker begins. */
export async function tellLostInstances(deps: LostDeps, signal: AbortSignal): Promise<void> {
  const { hostId, runtimeOf, report, log } = deps;
  for (const view of await listed(deps, signal)) {
    const { name, instance: instanceId, host, status } = view;
    // Any other status says that its start, or its end, is under way: by whoever is at it.
    if (host !== hostId || instanceId === null) continue;
    if (status !== 'running' && status !== 'degraded') continue;
    const mode = view.releases.find(({ active }) => active)?.mode ?? 'uv';
    try {
      if (await runtimeOf(mode).readRecord(instanceId)) continue;
      log.warn({ service: name, instanceId }, 'nothing is left of an instance that should run');
      const at = new Date().toISOString();
      await report(name, { kind: 'exited', instanceId, exit: { code: null, signal: null, at, reason: 'keeper_lost' } });
    } catch (error) {
      log.warn({ service: name, instanceId, err: error }, 'whether an instance is there could not be seen');
    }
  }
}

/** A list that fails ends no worker. Nothing once the signal fires. */
async function listed(
  { services, listAgainMs = LIST_AGAIN_MS, log }: LostDeps,
  signal: AbortSignal,
): Promise<ServiceView[]> {
  do {
    try {
      return await services();
    } catch (error) {
      log.warn({ err: error }, 'the services could not be listed yet');
    }
  } while (await passed(listAgainMs, signal));
  return [];
}
