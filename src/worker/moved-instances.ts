// Stops instances of services that were deployed on another host while this host was lost, so that no service runs
// twice.
import type { InstancePort } from '../activities/ports/instance-port.js';
import type { EntitiesPort } from '../activities/ports/entities-port.js';
import type { ServiceView } from '../contract/views.js';
import { passed } from '../waiting.js';
import type { WatcherLog } from './reporter.js';

const LOOK_EVERY_MS = 60_000;

interface MovedDeps {
  hostId: string;
  entities: Pick<EntitiesPort, 'readHosts' | 'readServices' | 'readService' | 'readWanted'>;
  runtimes: Pick<InstancePort<never>, 'listInstances' | 'readRecord' | 'isAlive' | 'requestStop'>[];
  log: WatcherLog;
  lookEveryMs?: number;
}

/** Stops moved instances until the signal fires. Their data stays in its place. */
export async function stopMovedInstances(deps: MovedDeps, signal: AbortSignal): Promise<void> {
  do {
    try {
      await look(deps);
    } catch (error) {
      deps.log.warn({ err: error }, 'whether services were moved away could not be seen');
    }
  } while (await passed(deps.lookEveryMs ?? LOOK_EVERY_MS, signal));
}

async function look({ hostId, entities, runtimes, log }: MovedDeps): Promise<void> {
  if (!(await entities.readHosts()).some((host) => host !== hostId)) return; // no other host exists
  const views = await entities.readServices();
  // This list may lag behind.
  const moved = new Set(views.filter((view) => isElsewhere(view, hostId)).map(({ name }) => name));
  if (moved.size === 0) return;
  for (const runtime of runtimes) {
    for (const instanceId of await runtime.listInstances()) {
      const record = await runtime.readRecord(instanceId);
      if (!record || !moved.has(record.service)) continue;
      const view = await entities.readService(record.service);
      if (!view || !isElsewhere(view, hostId)) continue;
      if ((await entities.readWanted(view.name)).includes(instanceId)) continue; // it is just being moved to this host
      if (!(await runtime.isAlive(instanceId))) continue;
      log.warn({ service: view.name, instanceId, host: view.host }, 'an instance is stopped: its service was moved');
      await runtime.requestStop(instanceId);
    }
  }
}

const isElsewhere = ({ kind, host }: ServiceView, hostId: string): boolean =>
  kind !== 'external' && host !== null && host !== hostId;
