import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { bundleWorkflowCode, Worker, type NativeConnection } from '@temporalio/worker';
import { DECISIONS } from '../../src/worker/decisions.js';
import { pushSignal, startedQuery, type timed } from '../support/timed-workflow.js';
import { startWorkflowServer, type WorkflowServer } from '../support/workflow-server.js';

/** A round meets the case only if the next worker takes the query before the task of the signal: about one in ten. */
const ROUNDS = 24;
const QUEUE = 'premature-queries';
const path = (of: string): string => fileURLToPath(new URL(of, import.meta.url));

let server: WorkflowServer;
let connection: NativeConnection;
let code: string;

beforeAll(async () => {
  server = await startWorkflowServer();
  connection = await server.connect();
  ({ code } = await bundleWorkflowCode({
    workflowsPath: path('../support/timed-workflow.ts'),
    workflowInterceptorModules: [path('../../src/workflows/interceptors.ts')],
  }));
});
afterAll(async () => {
  await connection.close();
  await server.stop();
});

it('a query that waits for a worker together with a signal leaves a history that can be replayed', async () => {
  for (let round = 1; round <= ROUNDS; round += 1) await oneRound(`round-${round}`);
});

async function oneRound(workflowId: string): Promise<void> {
  const { client } = server;
  const handle = await whileWorking(async () => {
    const started = await client.workflow.start<typeof timed>('timed', { workflowId, taskQueue: QUEUE });
    expect(await started.query(startedQuery)).toBe(true);
    return started;
  });
  const asked = handle.query(startedQuery);
  asked.catch(() => undefined); // awaited below
  await handle.describe(); // the server has the query by now
  await handle.signal(pushSignal);
  await whileWorking(async () => {
    expect(await asked).toBe(true);
    await handle.result();
  });
  await Worker.runReplayHistory({ workflowBundle: { code } }, await handle.fetchHistory(), workflowId);
}

async function whileWorking<T>(work: () => Promise<T>): Promise<T> {
  const worker = await Worker.create({
    ...DECISIONS,
    connection,
    namespace: server.client.options.namespace,
    taskQueue: QUEUE,
    workflowBundle: { code },
  });
  return worker.runUntil(work);
}
