// A worker on the queue of a lost host, for as long as no worker of that host itself polls it.
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { EntitiesPort } from '../activities/ports/entities-port.js';
import type { HostActivities } from '../activities/index.js';
import { hostQueue, hostWorkflowId } from '../contract/names.js';
import type { WatcherLog } from './reporter.js';
import type { StandIn } from './stand-in.js';

const { TASK_QUEUE_TYPE_ACTIVITY } = proto.temporal.api.enums.v1.TaskQueueType;
/** Temporal lists who polls a queue by identity. This one marks a stand-in: any other is the host's own worker. */
const IDENTITY = 'stand-in';
/** What waits is answered at once; little comes later. */
const AT_ONCE = 10;

/** `common`: what all workers of this process have. */
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

/** Epoch ms by Temporal's clock of the last poll by a worker of the host itself; 0 where Temporal remembers none. */
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

/** A service that is on it may still be moved by a deployment; and its host may come back. */
export async function forgetHost(
  { workflow }: Client,
  { readServices }: Pick<EntitiesPort, 'readServices'>,
  hostId: string,
): Promise<boolean> {
  if ((await readServices()).some(({ host }) => host === hostId)) return false;
  await workflow.getHandle(hostWorkflowId(hostId)).terminate('the host is lost, and no service is on it');
  return true;
}
