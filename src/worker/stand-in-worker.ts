// A worker on the queue of a lost host, until the host's own worker polls it again.
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { EntitiesPort } from '../activities/ports/entities-port.js';
import type { HostActivities } from '../activities/index.js';
import { hostQueue, hostWorkflowId } from '../contract/names.js';
import type { WatcherLog } from './reporter.js';
import type { StandIn } from './stand-in.js';

const { TASK_QUEUE_TYPE_ACTIVITY } = proto.temporal.api.enums.v1.TaskQueueType;
/**
 * The start of a stand-in's identity. Temporal lists the pollers of a queue by identity; every other poller is the
 * host's own worker.
 */
const IDENTITY = 'stand-in';
/** Waiting activities are answered immediately; few come later. */
const AT_ONCE = 10;

/** `common` has the options of all workers of this process. */
export function createStandIns(
  common: Partial<WorkerOptions>,
  client: Client,
  hostId: string,
  activitiesFor: (lostHost: string) => HostActivities,
  log: WatcherLog,
): (lostHost: string) => Promise<StandIn> {
  return async (lostHost) => {
    const taskQueue = hostQueue(lostHost);
    const lastPoll = await readLastPoll(client, taskQueue);
    const worker = await Worker.create({
      ...common,
      taskQueue,
      identity: `${IDENTITY} on ${hostId}`,
      activities: activitiesFor(lostHost),
      maxConcurrentActivityTaskExecutions: AT_ONCE,
      maxConcurrentActivityTaskPolls: 2,
    });
    const running = worker.run().catch((error: unknown) => {
      log.warn({ host: lostHost, err: error }, 'the answers for a lost host broke off');
    });
    return {
      isBack: async () => worker.getState() === 'FAILED' || (await readLastPoll(client, taskQueue)) > lastPoll,
      async close() {
        if (worker.getState() === 'RUNNING') worker.shutdown();
        await running;
      },
    };
  };
}

/**
 * Returns the time of the last poll by the host's own worker, in epoch ms by Temporal's clock. Returns 0 if Temporal
 * lists none.
 */
async function readLastPoll({ workflowService, options }: Client, name: string): Promise<number> {
  const { pollers } = await workflowService.describeTaskQueue({
    namespace: options.namespace,
    taskQueue: { name },
    taskQueueType: TASK_QUEUE_TYPE_ACTIVITY,
  });
  const own = pollers.filter(({ identity }) => !identity?.startsWith(IDENTITY));
  const times = own.map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000);
  return Math.max(0, ...times);
}

/**
 * Terminates the workflow of a lost host, unless a service is on the host. A deployment may still move this service,
 * and the host may come back.
 */
export async function forgetHost(
  { workflow }: Client,
  { readServices }: Pick<EntitiesPort, 'readServices'>,
  hostId: string,
): Promise<boolean> {
  if ((await readServices()).some(({ host }) => host === hostId)) return false;
  await workflow.getHandle(hostWorkflowId(hostId)).terminate('the host is lost, and no service is on it');
  return true;
}
