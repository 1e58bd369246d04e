// The worker process: reads the configuration, creates the real ports, starts missing workflows, runs, and closes.
import { readFile, realpath } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Client, QueryRejectCondition, WorkflowNotFoundError } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities } from '../activities/index.js';
import { createStandIn } from '../activities/stand-in.js';
import { isIsolated } from '../activities/isolation.js';
import { createAdmin } from '../activities/ports/caddy/admin.js';
import { createCaddyFront } from '../activities/ports/caddy/caddy-front.js';
import { createLogs } from '../activities/ports/log-port.js';
import { disk } from '../activities/ports/disk-port.js';
import { connectEngine } from '../activities/ports/docker/connect.js';
import { createContainers } from '../activities/ports/docker/container-port.js';
import { createEngine } from '../activities/ports/docker/engine.js';
import type { Masking } from '../activities/ports/docker/log-frames.js';
import { createServiceNetworks } from '../activities/ports/docker/service-networks.js';
import { createGuardedHttp, http } from '../activities/ports/http-port.js';
import { createLimitedParser } from '../activities/ports/parser/limited-parser.js';
import { createProcesses } from '../activities/ports/process-port.js';
import { handsConnectionsOver } from '../activities/ports/proc.js';
import { createPythons, pythonPlacesOf, type PythonPort } from '../activities/ports/python-port.js';
import type { ProcessUser } from '../activities/ports/process-user.js';
import { createTools, type Keeper } from '../activities/ports/tools.js';
import { createUnpacker } from '../activities/ports/unpack/unpacker.js';
import { createWebhooks } from '../activities/ports/webhook-port.js';
import type { Ports } from '../activities/ports/index.js';
import type { HostSettings } from '../activities/settings.js';
import { canRun, resolveAppUser, trialIds } from '../app-user.js';
import { warningsForLog, warningSentence } from '../config-warnings.js';
import { containerRootWarning } from '../container-root.js';
import { readConfig, type Config } from '../config.js';
import type { AppUser } from '../contract/app-user.js';
import { createAddressGuard, gitNetworksOf, type AddressGuard } from '../address-guard.js';
import { SlipwayError } from '../contract/errors.js';
import { observedSignal, outsideQuery, type Observation } from '../contract/messages.js';
import { CALLBACK_QUEUE, hostQueue, REGISTRY_ID, serviceWorkflowId, TASK_QUEUE } from '../contract/names.js';
import { toolEnvironment } from '../contract/tool-environment.js';
import { openDataFolder, type DataFolder } from '../data-folder.js';
import { asOnlyWorker } from '../only-worker.js';
import { openProcessLog } from '../process-log.js';
import { runProcess, type Life } from '../process-life.js';
import { findProgram } from '../programs.js';
import { repeatPrematureQueries } from '../premature-queries.js';
import { mask, maskList } from '../secrets.js';
import { createResourceMeter } from '../resources.js';
import { connectionOptions } from '../temporal.js';
import { createEntities, readBeater } from './entities.js';
import { createFrontReconciler } from './front-reconciler.js';
import { DECISIONS } from './decisions.js';
import { startEntities, keepEntitiesStarted, registerSearchAttributes } from './bootstrap.js';
import { stopMovedInstances } from './moved-instances.js';
import { openMetrics } from './metrics.js';
import { createLossFinder } from './host-loss.js';
import { tellLostInstances } from './lost-instances.js';
import { parserUserOf } from './parser-user.js';
import { watchOutside } from './outside-watcher.js';
import { standInForLost } from './stand-in.js';
import { createStandIns, forgetHost } from './stand-in-worker.js';
import { createUnreplayableEnder } from './unreplayable.js';
import { mustBeOnlyHost, workerIdentity } from './twin-host.js';
import { createWatcher } from './watcher.js';

const GIT_REACHES_ALL =
  'git may reach private networks and the loopback, as in earlier versions: ' +
  'set SLIPWAY_GIT_ALLOW to the networks of your git servers, or to none';

const OWN_NETWORKS =
  'containers of each service start in a network of their own; those of earlier versions stay where they are until then ' +
  '(SLIPWAY_CONTAINER_SUBNETS)';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Sets limits. */
const LAUNCHER = here('../keeper/limited.py');
const UNPACK_SCRIPT = here('../activities/ports/unpack/child.js');
const PARSER_SCRIPT = here('../activities/ports/parser/child.js');

/** Maps the SDK's log levels to the log's methods. */
const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** After this time activities are cancelled by the stop. The next worker repeats them. */
const SHUTDOWN_GRACE = '1 second';
const SHUTDOWN_FORCE = '3 seconds';

await runProcess(async (life) => {
  const config = readConfig();
  const { log } = openProcessLog(config.logLevel, 'worker');
  for (const warning of warningsForLog(config)) log.warn(warning);
  void containerRootWarning(config).then((warning) => warning && log.warn(warningSentence(warning)));
  const places = pythonPlacesOf(config.hostEnvironment);
  const pythons = createPythons(places);
  const python = await pythons.defaultPython();
  const appUser = await resolveAppUser(config, python);
  const folder = await openDataFolder(config);
  if (folder.gitNetworks === 'private' && config.gitNetworks === undefined) log.warn(GIT_REACHES_ALL);
  if (config.modes.includes('docker') && config.containerSubnets.length > 0)
    log.info({ subnets: config.containerSubnets }, OWN_NETWORKS);
  const keeper = { python, script: here('../keeper/keeper.py'), flock: await findProgram('flock', config) };
  const onWait = (waitMs: number): void => {
    log.warn({ waitMs }, 'another worker uses the data folder: this one waits for its end');
  };
  await asOnlyWorker({ tools: createTools(keeper), layout: folder.layout, stop: life.stop, onWait }, () =>
    work(life, {
      ...{ config, folder, log, keeper },
      ...(appUser && { appUser }),
      // Apps run only with Pythons that their user can run.
      pythons: appUser ? createPythons({ ...places, user: trialIds(appUser) }) : pythons,
    }),
  );
}, 'worker');

interface Prepared {
  config: Config;
  folder: DataFolder;
  log: Logger;
  /** Runs as Slipway's own user. */
  keeper: Keeper;
  appUser?: AppUser;
  /** The Pythons that run apps. */
  pythons: PythonPort;
}

/** Polls until the process is stopped. */
async function work(life: Life, { config, folder, log, keeper, appUser, pythons }: Prepared): Promise<void> {
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => {
      log[LEVELS[level]](meta ?? {}, message);
    }),
    shutdownSignals: [], // the process handles signals itself
    telemetryOptions: { metrics: await openMetrics(config, folder.layout) },
  });
  const { namespace } = config.temporal;
  const connection = await connect(config);
  const client = new Client({
    connection,
    namespace,
    workflow: { queryRejectCondition: QueryRejectCondition.NOT_OPEN },
    interceptors: { workflow: [repeatPrematureQueries] },
  });
  const guard = createAddressGuard(config.allowedNetworks);
  const ports = createPorts(config, folder, {
    client,
    guard,
    log,
    keeper,
    parserUser: await parserUserOf(appUser, PARSER_SCRIPT, log),
    pythons,
  });
  const lost = new Set<string>();
  const settings = await hostSettings(config, folder, appUser);
  const { entities, quickReads, host, callbacks } = createActivities(ports, settings, lost);

  const common = {
    connection,
    namespace,
    // A cancel arrives with a heartbeat. With the default throttle, it would be 8 s late.
    maxHeartbeatThrottleInterval: '1 second',
    defaultHeartbeatThrottleInterval: '1 second',
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
  } as const;
  const workflowBundle = { code: await readFile(here('../workflow-bundle.js'), 'utf8') };
  const identity = await workerIdentity(folder.layout.root);
  await mustBeOnlyHost({ hostId: folder.hostId, identity, readBeater: (hostId) => readBeater(client, hostId) });
  const decisions = await Worker.create({
    ...common,
    ...DECISIONS,
    taskQueue: TASK_QUEUE,
    workflowBundle,
    activities: { ...entities, ...quickReads },
  });
  const steps = await Worker.create({ ...common, identity, taskQueue: hostQueue(folder.hostId), activities: host });
  const telling = await Worker.create({ ...common, taskQueue: CALLBACK_QUEUE, activities: callbacks });
  const workers = [decisions, steps, telling];

  await registerSearchAttributes(client, namespace);
  const watcher = createWatcher({
    http: ports.http,
    processes: ports.processes,
    containers: ports.containers,
    report: (service, observation) => report(client, service, observation),
    log,
  });
  const running = Promise.all(workers.map((worker) => worker.run()));
  const bootstrap = { hostId: folder.hostId, limit: config.maxConcurrentDeployments };
  await startEntities(client, bootstrap);
  const following = new AbortController();
  const endUnreplayable = createUnreplayableEnder({ client, workflowBundle, log });
  const keeping = keepEntitiesStarted(client, { ...bootstrap, endUnreplayable }, log, following.signal);
  await watcher.start();
  ports.containers.follow(following.signal);
  const tellingLosses = tellLostInstances(
    {
      hostId: folder.hostId,
      services: () => ports.entities.readServices(),
      runtimeOf: (mode) => (mode === 'docker' ? ports.containers : ports.processes),
      report: (service, observation) => report(client, service, observation),
      log,
    },
    following.signal,
  );
  const watching = watchOutside(
    {
      hostId: folder.hostId,
      http: createGuardedHttp(guard),
      list: () => client.workflow.getHandle(REGISTRY_ID).query(outsideQuery),
      isLost: createLossFinder({ lastBeat: (hostId) => ports.entities.readLastBeat(hostId) }),
      report: (service, observation) => report(client, service, observation),
      log,
    },
    following.signal,
  );
  const standingIn = standInForLost(
    {
      hostId: folder.hostId,
      lost,
      hosts: () => ports.entities.readHosts(),
      isLost: createLossFinder({ lastBeat: (hostId) => ports.entities.readLastBeat(hostId) }),
      standInFor: createStandIns(common, client, folder.hostId, createStandIn(ports, settings, host), log),
      forget: (hostId) => forgetHost(client, ports.entities, hostId),
      log,
    },
    following.signal,
  );
  const stoppingMoved = stopMovedInstances(
    { hostId: folder.hostId, entities: ports.entities, runtimes: [ports.processes, ports.containers], log },
    following.signal,
  );
  const reconciler =
    ports.front &&
    createFrontReconciler({
      front: ports.front,
      entities: ports.entities,
      hostId: folder.hostId,
      report: (service, observation) => report(client, service, observation),
      log,
    });
  reconciler?.start();
  if (reconciler && !handsConnectionsOver())
    log.warn(
      'net.ipv4.tcp_migrate_req is 0: a switch may lose a connection that is just being made (docs/how-to/put-caddy-in-front.md)',
    );
  log.info({ host: folder.hostId }, 'the worker polls');

  // A stuck engine delays neither start nor stop.
  await untilStopped(life, Promise.all([running, tellingLosses, watching, keeping, standingIn, stoppingMoved]));
  watcher.stop();
  await reconciler?.stop();
  following.abort();
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  await Promise.all([running, standingIn]);
  await connection.close();
}

async function connect({ temporal }: Config): Promise<NativeConnection> {
  const options = await connectionOptions(temporal);
  try {
    return await NativeConnection.connect(options);
  } catch (cause) {
    const reason = `Temporal at ${options.address} is out of reach (TEMPORAL_ADDRESS names another)`;
    throw new SlipwayError('temporal_unavailable', { text: 'start_failed', params: { reason }, cause });
  }
}

/** Resolves on a stop. Rejects if a worker fails, which is the only way for it to end by itself. */
async function untilStopped(life: Life, running: Promise<unknown>): Promise<void> {
  await Promise.race([life.stop, running]);
}

interface Surroundings {
  client: Client;
  guard: AddressGuard;
  log: Logger;
  keeper: Keeper;
  /** The Pythons that run apps. */
  pythons: PythonPort;
  /** The user that reads the files of projects. Undefined means Slipway's own user. */
  parserUser?: ProcessUser;
}

function createPorts(
  config: Config,
  { layout, hostId }: DataFolder,
  { client, guard, log, keeper, pythons, parserUser }: Surroundings,
): Ports {
  const docker = connectEngine(config.engine);
  const entities = createEntities(client);
  const { front, containers: limits, containerSubnets: subnets } = config;
  const unpacker = createUnpacker({ python: keeper.python, launcher: LAUNCHER, script: UNPACK_SCRIPT });
  const networks = createServiceNetworks({ docker: docker.calls, hostId, subnets });
  return {
    disk,
    http,
    python: pythons,
    engine: createEngine({ docker, limits, networks, unpacker, buildKit: config.engine.buildKit }),
    containers: createContainers({
      ...{ docker, layout, hostId, limits, networks, unpacker, log },
      masking: maskingOf,
      wantedBy: (service) => entities.readWanted(service),
    }),
    entities,
    ...(front && { front: createCaddyFront(createAdmin(front.admin), { ...front, hostId }) }),
    logs: createLogs(layout),
    parser: createLimitedParser({
      python: keeper.python,
      launcher: LAUNCHER,
      script: PARSER_SCRIPT,
      user: parserUser,
    }),
    processes: createProcesses(layout, keeper),
    resources: createResourceMeter(config.dataDir),
    tools: createTools(keeper),
    unpacker,
    webhooks: createWebhooks(guard),
  };
}

/** Returns the masking for values of 8 characters and more, longest first, as in all other places. */
function maskingOf(values: string[]): Masking {
  const masked = maskList(values);
  return { mask: (text) => mask(text, masked), longest: masked[0]?.length ?? 0 };
}

async function hostSettings(
  config: Config,
  { hostId, layout, secrets, callbackSecret, gitNetworks }: DataFolder,
  appUser?: AppUser,
): Promise<HostSettings> {
  return {
    hostId,
    modes: config.modes.filter((mode) => isIsolated(config.isolation, mode)),
    isolation: config.isolation,
    containerRoot: config.containerRoot,
    processUser: appUser?.name ?? userInfo().username,
    ...(appUser && { appUser }),
    layout,
    secrets,
    callbackSecret,
    callbackSecretsOld: config.callbackSecretsOld,
    callbackSignatures: config.callbackSignatures,
    language: config.language,
    // The folder may be created later.
    sourceRoots: await Promise.all(config.sourceRoots.map((root) => realpath(root).catch(() => root))),
    defaultProject: config.defaultProject,
    retentionDays: config.retentionDays,
    toolEnvironment: toolEnvironment(config.hostEnvironment, config.toolVariables),
    pythonImage: config.pythonImage,
    uv: (appUser && (await findProgram('uv', config, canRun(appUser)))) ?? (await findProgram('uv', config)),
    gitNetworks: gitNetworksOf(config.gitNetworks, gitNetworks),
    git: await findProgram('git', config),
  };
}

/** Sends an observation to a service. The watcher retries it. A missing service isn't an error but a result. */
async function report(
  { workflow }: Client,
  service: string,
  observation: Observation,
): Promise<'accepted' | 'unknown'> {
  try {
    await workflow.getHandle(serviceWorkflowId(service)).signal(observedSignal, observation);
    return 'accepted';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'unknown';
    throw error;
  }
}
