// Detects instances that services list on this host but of which nothing is left: a data folder was restored, or
// cleared manually.
import type { InstancePort } from '../activities/ports/instance-port.js';
import type { Mode } from '../contract/states.js';
import type { ServiceView } from '../contract/views.js';
import { passed } from '../waiting.js';
import type { Report, WatcherLog } from './reporter.js';

interface LostDeps {
  hostId: string;
  services: () => Promise<ServiceView[]>;
  runtimeOf: (mode: Mode) => Pick<InstancePort<never>, 'readRecord'>;
  report: Report;
  log: WatcherLog;
  listAgainMs?: number;
}

/** The wait before the services are listed again after a failure. */
const LIST_AGAIN_MS = 2_000;

/** Reports each lost instance as an exit, so that it is started again. Runs once, when a worker starts. */
export async function tellLostInstances(deps: LostDeps, signal: AbortSignal): Promise<void> {
  const { hostId, runtimeOf, report, log } = deps;
  for (const view of await listed(deps, signal)) {
    const { name, instance: instanceId, host, status } = view;
    // With any other status, its start or its end is under way, and handles the loss.
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

/** Lists the services, and retries until it succeeds. Returns an empty list after the signal. */
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
