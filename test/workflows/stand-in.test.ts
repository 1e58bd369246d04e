// The worker that answers for a lost host, on a real Temporal server.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Worker } from '@temporalio/worker';
import { createStandIn } from '../../src/activities/stand-in.js';
import type { HostActivities } from '../../src/activities/index.js';
import { hostQueue, hostWorkflowId, TASK_QUEUE, WORKFLOWS } from '../../src/contract/names.js';
import { createEntities } from '../../src/worker/entities.js';
import { createStandIns } from '../../src/worker/stand-in-worker.js';
import { eventually } from '../support/eventually.js';
import { Stage } from '../support/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
}, 60_000);
afterAll(() => stage.stop());

const own = {} as HostActivities; // none of them is asked for
const NO_ENGINE = { engine: {} } as Parameters<typeof createStandIn>[0];

it('a stand-in worker for a lost host sends no heartbeat and detects when the host’s own worker is back', async () => {
  const { client } = stage;
  const [connection, other] = [await stage.connect(), await stage.connect()];
  const lostHost = stage.name('lost');
  const { namespace } = client.options;
  const entities = createEntities(client);
  const activitiesFor = createStandIn(NO_ENGINE, { modes: [], language: 'en' }, own);
  const standInFor = createStandIns({ connection, namespace }, client, 'h1', activitiesFor, { warn: () => undefined });

  const handle = await client.workflow.start(WORKFLOWS.host, {
    workflowId: hostWorkflowId(lostHost),
    taskQueue: TASK_QUEUE,
    args: [{ hostId: lostHost }],
  });
  await eventually(async () => (await entities.readHosts()).includes(lostHost));
  const standIn = await standInFor(lostHost);
  await eventually(async () => {
    const [beat] = (await handle.describe()).raw.pendingActivities ?? [];
    return beat?.lastFailure?.message === `${lostHost} is lost`;
  });
  expect([await entities.readLastBeat(lostHost), await standIn.isBack()]).toEqual([undefined, false]);

  const back = await Worker.create({
    connection: other,
    namespace,
    taskQueue: hostQueue(lostHost),
    activities: { beatHost: () => Promise.resolve() },
  });
  await back.runUntil(eventually(() => standIn.isBack()));
  await standIn.close();
  await handle.terminate();
  await Promise.all([connection.close(), other.close()]);
});
