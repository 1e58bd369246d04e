// A real Temporal server in memory, the built workflow bundle on it, and activities that a test makes up. One per file.
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { execa } from 'execa';
import { readConfig } from '../../src/config.js';
import { CALLBACK_QUEUE, hostQueue, TASK_QUEUE } from '../../src/contract/names.js';
import { registerSearchAttributes } from '../../src/worker/bootstrap.js';
import { DECISIONS } from '../../src/worker/decisions.js';
import {
  keepPlace,
  serverArgv,
  settleNamespace,
  untilServing,
  writeClientFiles,
} from '../../src/start/temporal/embedded-server.js';
import { temporalFiles } from '../../src/start/temporal/files.js';
import { getTemporalServer } from '../../src/start/temporal/server-program.js';
import { repeatPrematureQueries } from '../../src/premature-queries.js';
import { connectionOptions } from '../../src/temporal.js';
import { layout } from '../../src/contract/layout.js';
import { THRIFTY_GO } from './thrifty-go.js';
import { FakeActivities, HOST } from './fake-activities.js';

const BUNDLE = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));
const NAMESPACE = 'default';
/** Stands in saved histories, where the SDK would put the name of the machine. */
const IDENTITY = 'tests';

export interface WorkflowServer {
  client: Client;
  /** For a worker of a test's own, as another process has it. */
  connect: () => Promise<NativeConnection>;
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
  const { options, stop: stopServer } = await startTemporal();
  quietRuntime();
  const connection = await Connection.connect(options);
  const interceptors = { workflow: [repeatPrematureQueries] };
  const client = new Client({ connection, namespace: NAMESPACE, identity: IDENTITY, interceptors });
  await registerSearchAttributes(client, NAMESPACE);
  const fakes = new FakeActivities();
  const native = await NativeConnection.connect(options);
  const { createDecisions, createSteps, createTelling } = workersOn(native, fakes);
  let decisions = run(await createDecisions());
  const others = [run(await createSteps()), run(await createTelling())];
  return {
    client,
    connect: () => NativeConnection.connect(options),
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

interface TestServer {
  options: Awaited<ReturnType<typeof connectionOptions>>;
  stop: () => Promise<void>;
}

/** In memory, on any free ports: files run side by side, and beside whatever else this machine runs. */
async function startTemporal(): Promise<TestServer> {
  const config = readConfig({ PATH: process.env.PATH, HOME: process.env.HOME });
  const program = await getTemporalServer(config);
  const root = mkdtempSync(join(tmpdir(), 'slipway-temporal-'));
  const files = temporalFiles(layout(root));
  const { place, writeServerFiles, giveUp } = await keepPlace(files);
  await writeClientFiles(files, place, NAMESPACE);
  await writeServerFiles(undefined);
  const [file, ...args] = serverArgv(program.path, files);
  const server = execa(file, args, { env: THRIFTY_GO, stdio: 'ignore', reject: false });
  const temporal = { ...place, namespace: NAMESPACE };
  await Promise.race([
    untilServing(temporal),
    server.then(({ exitCode }) =>
      Promise.reject(new Error(`the Temporal server ended with ${exitCode ?? 'a signal'}`)),
    ),
  ]);
  await settleNamespace(temporal, config);
  return {
    options: await connectionOptions(temporal),
    async stop() {
      server.kill();
      await server;
      giveUp();
      rmSync(root, { recursive: true });
    },
  };
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
