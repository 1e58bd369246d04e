// A real Temporal server in memory, the built workflow bundle on it, and activities that a test makes up. One per file.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { execa } from 'execa';
import getPort from 'get-port';
import { readConfig } from '../../src/config.js';
import { CALLBACK_QUEUE, hostQueue, TASK_QUEUE } from '../../src/contract/names.js';
import { findProgram } from '../../src/programs.js';
import { DECISIONS } from '../../src/worker/decisions.js';
import { serverArgv, untilServing, type TemporalPlace } from '../../src/start/temporal-server.js';
import { THRIFTY_GO } from './thrifty-go.js';
import { FakeActivities, HOST } from './fake-activities.js';

const BUNDLE = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));
const NAMESPACE = 'default';
/** Stands in saved histories, where the SDK would put the name of the machine. */
const IDENTITY = 'tests';

export interface WorkflowServer {
  client: Client;
  fakes: FakeActivities;
  /**
   * Without a worker that decides: whatever comes to workflows waits for the next. Activities of hosts go on. With a bundle,
   * one that decides by that.
   */
  whileUndecided: (work: () => Promise<unknown>, bundle?: { code: string }) => Promise<void>;
  stop: () => Promise<void>;
}

export const workflowBundle = async (): Promise<{ code: string }> => ({ code: await readFile(BUNDLE, 'utf8') });

/** Failed activities are what many tests are about: only what breaks the machinery is worth a line. */
export function quietRuntime(): void {
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: 'off' } },
    shutdownSignals: [], // the test runner's
  });
}

export async function startWorkflowServer(): Promise<WorkflowServer> {
  const { address, stop: stopServer } = await startTemporal();
  quietRuntime();
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace: NAMESPACE, identity: IDENTITY });
  const fakes = new FakeActivities();
  const native = await NativeConnection.connect({ address });
  const { createDecisions, createSteps, createTelling } = workersOn(native, fakes);
  let decisions = run(await createDecisions());
  const others = [run(await createSteps()), run(await createTelling())];
  return {
    client,
    fakes,
    async whileUndecided(work, bundle) {
      await decisions.end();
      const other = bundle && run(await createDecisions(bundle));
      await work();
      await other?.end();
      decisions = run(await createDecisions());
    },
    async stop() {
      await Promise.all([decisions, ...others].map((worker) => worker.end()));
      await native.close();
      await connection.close();
      await stopServer();
    },
  };
}

async function startTemporal(): Promise<{ address: string; stop: () => Promise<void> }> {
  const program = await findProgram('temporal', readConfig({ PATH: process.env.PATH, HOME: process.env.HOME }));
  if (program === undefined) throw new Error('the temporal program is not there: run `npm test`, which gets it');
  const place = await anyPlace();
  const [file, ...args] = serverArgv(program, place, undefined, NAMESPACE);
  const server = execa(file, args, { env: THRIFTY_GO, stdio: 'ignore', reject: false });
  await Promise.race([
    untilServing(place.address, NAMESPACE),
    server.then(({ exitCode }) =>
      Promise.reject(new Error(`the Temporal server ended with ${exitCode ?? 'a signal'}`)),
    ),
  ]);
  return {
    address: place.address,
    async stop() {
      server.kill();
      await server;
    },
  };
}

/** Any free ports: files run side by side, and beside whatever else this machine runs. */
async function anyPlace(): Promise<TemporalPlace> {
  const [port, uiPort] = [await getPort({ host: '127.0.0.1' }), await getPort({ host: '127.0.0.1' })];
  return { address: `127.0.0.1:${port}`, port, uiPort, uiUrl: `http://127.0.0.1:${uiPort}`, moved: true };
}

function run(worker: Worker): { end: () => Promise<void> } {
  const running = worker.run();
  return {
    async end() {
      worker.shutdown();
      await running;
    },
  };
}

function workersOn(connection: NativeConnection, fakes: FakeActivities) {
  const common = {
    connection,
    namespace: NAMESPACE,
    identity: IDENTITY,
    // A cancellation reaches an activity with a heartbeat: soon.
    maxHeartbeatThrottleInterval: '50 milliseconds',
    defaultHeartbeatThrottleInterval: '50 milliseconds',
    shutdownGraceTime: '100 milliseconds',
    shutdownForceTime: '2 seconds',
  } as const;
  return {
    createDecisions: async (bundle?: { code: string }): Promise<Worker> =>
      Worker.create({
        ...common,
        ...DECISIONS,
        taskQueue: TASK_QUEUE,
        workflowBundle: bundle ?? (await workflowBundle()),
        activities: { ...fakes.entities, ...fakes.quickReads },
      }),
    createSteps: (): Promise<Worker> =>
      Worker.create({ ...common, taskQueue: hostQueue(HOST), activities: fakes.host }),
    createTelling: (): Promise<Worker> =>
      Worker.create({ ...common, taskQueue: CALLBACK_QUEUE, activities: fakes.callbacks }),
  };
}
