// The entry point of `npm start`: fetches missing tools, starts Temporal, the worker and the API, keeps them running,
// and stops them in order.
import { readFile, realpath } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createPythons, pythonPlacesOf } from './activities/ports/python-port.js';
import { createTools, type ToolsPort } from './activities/ports/tools.js';
import { resolveAppUser } from './app-user.js';
import { openPolicies } from './api/policies.js';
import { settingWarnings, warningSentence } from './config-warnings.js';
import { containerRootWarning } from './container-root.js';
import { isClone, readConfig, startDataDir, type Config } from './config.js';
import { SlipwayError } from './contract/errors.js';
import { judgeSourcePath, layout } from './contract/layout.js';
import { runsOutside } from './contract/runs-outside.js';
import type { ServiceRow } from './contract/views.js';
import { openDataFolder, type DataFolder } from './data-folder.js';
import { asOnlyWorker } from './only-worker.js';
import { runProcess, type Life } from './process-life.js';
import { announcementsFor, isNewDataFolder, markAnnounced } from './start/announcements.js';
import { lockDataFolder } from './start/data-folder-lock.js';
import { getUv } from './start/get-uv.js';
import { holdSocket, resolveListenAddress, type HeldSocket, type ListenAddress } from './start/held-socket.js';
import type { ProcessIdentity } from './start/identity.js';
import { takeOrphanSocket } from './start/orphan-socket.js';
import { printLine } from './start/terminal.js';
import { Stack, type PartSpec, type Place } from './start/stack.js';
import { prepareDatabase, stampDatabase } from './start/temporal/database.js';
import {
  keepPlace,
  serverArgv,
  serverEnvironment,
  settleNamespace,
  untilServing,
  writeClientFiles,
  type TemporalPlace,
} from './start/temporal/embedded-server.js';
import { temporalFiles } from './start/temporal/files.js';
import { getTemporalServer, type ServerProgram } from './start/temporal/server-program.js';
import { getTemporalUi } from './start/temporal/web-ui.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PROJECT = here('..');
const EXAMPLE = `${PROJECT}examples/flask-hello`;
const CLI = isClone ? 'npx slipway' : 'slipway';
/**
 * A small young generation and few arenas, because these processes are mostly idle and would keep memory from short
 * peaks.
 */
const NODE: [string, string] = [process.execPath, '--max-semi-space-size=2'];
const ARENAS = { MALLOC_ARENA_MAX: '2' };
const READY_MS = 60_000;
const TEMPORAL_TRIES = 5;

// The reader of the output may have ended. The processes must still be stopped in order.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

await runProcess(async (life) => {
  const config = readConfig();
  const warnings = [...settingWarnings(config), await containerRootWarning(config)];
  for (const warning of warnings) if (warning) printLine(`Warning: ${warningSentence(warning)}`);
  await openPolicies(config.policyFile, (notice) => {
    printLine(`Warning: ${notice}`);
  }); // reports an invalid file before anything is started
  const python = await createPythons(pythonPlacesOf(config.hostEnvironment)).defaultPython();
  await resolveAppUser(config, python); // fails before anything is started
  const isNew = await isNewDataFolder(layout(config.dataDir));
  const folder = await openDataFolder(config);
  const tools = createTools({ python, script: here('./keeper/keeper.py') });
  const listenAt = await resolveListenAddress(config.apiHost, config.apiPort);
  let socket: HeldSocket | undefined;
  const claim = await lockDataFolder(folder.layout, {
    exclusively: (work) => tools.withLock(folder.layout.startLock, work),
    async takeOver(api) {
      socket = await takeSocket(api, listenAt, python);
    },
    otherWorkerEnded: () => untilNoWorker(tools, folder, life),
  });
  const stack = new Stack(folder.layout, claim);
  try {
    socket ??= await holdSocket(listenAt, python);
    const up = bringUp(config, folder, stack, python, socket, life);
    await Promise.race([up, life.stop]); // Ctrl-C also ends a build of Temporal
    if (!life.stopping) {
      const place = await up;
      await announce(config, folder, isNew);
      await warnOfProcesses(config, folder);
      await welcome(config, folder, place);
    }
    await life.stop;
    printLine('Stopping …');
    await sayWhatRuns(config, folder);
  } finally {
    await stack.stop();
    await claim.release();
    socket?.close(); // after ready.json is removed, so that no client uses a port that others can take
  }
  printLine('Slipway has stopped.');
}, 'start');

/**
 * Waits until no worker uses the data folder. The worker of a killed start has already ended, so a remaining worker
 * belongs to somebody else.
 */
function untilNoWorker(tools: ToolsPort, { layout: at }: DataFolder, life: Life): Promise<void> {
  const onWait = (waitMs: number): void => {
    printLine(`Another worker uses the data folder: it has ${waitMs / 1000} s to end`);
  };
  return asOnlyWorker({ tools, layout: at, stop: life.stop, onWait }, () => Promise.resolve());
}

/**
 * Takes the socket of an earlier API. Returns undefined if there is none or it can't be taken. Then the port is opened
 * after the earlier API has ended.
 */
async function takeSocket(
  api: ProcessIdentity,
  listenAt: ListenAddress,
  python: string,
): Promise<HeldSocket | undefined> {
  const taking = await takeOrphanSocket(api, listenAt, python);
  if (taking.kind === 'taken') return taking.socket;
  if (taking.kind === 'refused')
    printLine(
      `Warning: port ${listenAt.port} is open to other programs for a moment: Slipway can't take it over from its earlier API (${taking.reason})`,
    );
  return undefined;
}

async function bringUp(
  config: Config,
  folder: DataFolder,
  stack: Stack,
  python: string,
  socket: HeldSocket,
  life: Life,
): Promise<Place> {
  const { address: given } = config.temporal;
  const program = given === undefined ? await getTemporalServer(config) : undefined;
  await getUv(config, python);
  await getTemporalUi(config);
  const temporal = program && (await startTemporal(program, config, folder, stack));
  const place: Place = {
    apiUrl: apiUrlOf(config),
    webUiUrl: temporal || config.temporal.httpAddress !== undefined ? `${apiUrlOf(config)}/temporal/` : null,
    temporalAddress: temporal?.address ?? given ?? '',
  };
  const env = {
    ...config.hostEnvironment,
    ...ARENAS,
    ...(temporal && settingsOf(temporal)),
    SLIPWAY_DATA_DIR: config.dataDir,
    SLIPWAY_PORT: String(config.apiPort),
  };
  const worker: PartSpec = {
    name: 'worker',
    argv: [...NODE, here('./worker/main.js')],
    env,
    graceMs: 4_000,
    ready: () => Promise.resolve(),
  };
  const api: PartSpec = {
    name: 'api',
    argv: [...NODE, here('./api/main.js')],
    env,
    graceMs: 3_500,
    listensOn: socket.fd,
    ready: () => untilReady(place, life),
  };
  await stack.start(worker);
  await stack.start(api);
  await stack.tellReady(place);
  return place;
}

/**
 * Starts the Temporal server. Another program may take a port between the check and the start, so the next ports are
 * tried.
 */
async function startTemporal(
  program: ServerProgram,
  config: Config,
  { layout: at }: DataFolder,
  stack: Stack,
): Promise<TemporalPlace> {
  const files = temporalFiles(at);
  const { namespace } = config.temporal;
  await prepareDatabase(at, program.version);
  for (let tries = 1; ; tries += 1) {
    const { place, moved, writeServerFiles, giveUp } = await keepPlace(files);
    const server = { ...place, namespace };
    try {
      await writeClientFiles(files, place, namespace);
      await stack.start({
        name: 'temporal',
        argv: readByOwner(serverArgv(program.path, files)),
        env: serverEnvironment(config.hostEnvironment),
        graceMs: 3_000,
        prepare: () => writeServerFiles(at.temporalDatabase),
        ready: () => untilServing(server),
      });
    } catch (error) {
      giveUp();
      if (tries === TEMPORAL_TRIES) throw error;
      continue;
    }
    await stampDatabase(at, program.version); // not retried: a second server on the same database must not run
    await settleNamespace(server, config);
    if (moved) printLine(`Temporal's usual port was taken: it listens at ${place.address}`);
    return place;
  }
}

/** Returns the settings with which the other processes reach the server. */
function settingsOf({ address, httpAddress, tls = {} }: TemporalPlace): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_HTTP_ADDRESS: httpAddress,
    TEMPORAL_TLS: '1',
    TEMPORAL_TLS_CLIENT_CERT_PATH: tls.clientCertPath ?? '',
    TEMPORAL_TLS_CLIENT_KEY_PATH: tls.clientKeyPath ?? '',
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: tls.serverCaPath ?? '',
    TEMPORAL_TLS_SERVER_NAME: tls.serverName ?? '',
  };
}

/** Returns a command that creates files only for the owner, so that no other user can read the database. */
function readByOwner(argv: readonly string[]): [string, ...string[]] {
  return ['/bin/sh', '-c', 'umask 077; exec "$0" "$@"', ...argv];
}

/** Waits until the API and the gate answer. The worker runs the gate, so this includes the worker. */
async function untilReady({ apiUrl }: Place, life: Life): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (!life.stopping) {
    const answer = await fetch(`${apiUrl}/readyz`).catch(() => undefined); // not listening yet
    if (answer?.ok) return;
    if (Date.now() > deadline) {
      throw new SlipwayError('start_failed', {
        params: { reason: 'the worker does not answer: see logs/slipway/worker.log in the data folder' },
      });
    }
    await delay(50);
  }
}

/** Prints the changes of an upgrade once, before the lines that every start prints. */
async function announce(config: Config, { layout: at, gitNetworks }: DataFolder, isNew: boolean): Promise<void> {
  const sentences = await announcementsFor(config, at, isNew);
  if (sentences.length > 0) {
    printLine('This version changes some things for this installation (CHANGELOG.md lists all changes):');
    for (const sentence of sentences) printLine(`  - ${sentence}`);
    printLine();
  }
  await markAnnounced(at);
  if (gitNetworks === 'private' && config.gitNetworks === undefined)
    printLine('Undecided: git reaches private networks. `npx slipway doctor` says how to decide.');
}

async function welcome(config: Config, { layout: at, hostId }: DataFolder, place: Place): Promise<void> {
  const { apiUrl, webUiUrl, temporalAddress } = place;
  printLine(`API          ${apiUrl}/api`);
  printLine(
    `Web UI       ${webUiUrl === null ? `of the Temporal server at ${temporalAddress}` : await webUiLine(place, at)}`,
  );
  printLine(`Temporal     ${temporalAddress}`);
  if (config.temporal.address === undefined)
    printLine(`             TEMPORAL_CONFIG_FILE=${at.temporalProfile} temporal workflow list`);
  printLine(`Host         ${hostId}`);
  printLine(`Data folder  ${config.dataDir}`);
  printLine(`Admin key    ${at.adminKey}`);
  printLine();
  printLine('A first deployment (from anywhere, `slipway deploy` sends a folder):');
  const folder = ownFolder(config);
  printLine(
    isClone ? `  cd ${PROJECT} && ${folder}${CLI} deploy examples/flask-hello` : `  ${folder}${CLI} deploy ${EXAMPLE}`,
  );
  if (await isDeployable(EXAMPLE, config)) {
    printLine('The same by the API, and followed until the page answers:');
    printLine(`  curl -sS -X POST ${apiUrl}/api/deployments \\`);
    printLine(`    -H "Authorization: Bearer $(cat ${at.adminKey})" -H 'Content-Type: application/json' \\`);
    printLine(`    -d '{"mode":"auto","config":{"source":{"type":"directory","path":"${EXAMPLE}"}}}'`);
    printLine(`  ${PROJECT}examples/deploy.sh`);
  }
  printLine();
  printLine(`Slipway is ready: ${apiUrl}`);
}

/** Returns the setting that the CLI needs, if it doesn't find the data folder by itself. */
function ownFolder({ dataDir, hostEnvironment }: Config): string {
  if (dataDir === startDataDir(hostEnvironment)) return '';
  return `SLIPWAY_DATA_DIR='${dataDir.replaceAll("'", "'\\''")}' `;
}

/** Returns true if a request may name the folder. The CLI uploads the folder, which is always allowed. */
async function isDeployable(folder: string, { sourceRoots, dataDir }: Config): Promise<boolean> {
  const [real, ...roots] = await Promise.all(
    [folder, ...sourceRoots].map((path) => realpath(path).catch(() => undefined)),
  );
  const there = roots.filter((root) => root !== undefined);
  return real !== undefined && judgeSourcePath(real, there, await realpath(dataDir)) === 'ok';
}

/** Prints a login link only in a terminal, because others may be able to read a log. */
async function webUiLine(place: Place, at: DataFolder['layout']): Promise<string> {
  if (process.stdout.isTTY) return loginUrlOf(place, at);
  return `${place.webUiUrl ?? ''} (a login link: ${CLI} temporal-ui)`;
}

/** Returns a link that logs one browser in once. Without a code, the page requests the admin key. */
async function loginUrlOf({ apiUrl, webUiUrl }: Place, at: DataFolder['layout']): Promise<string> {
  try {
    const key = (await readFile(at.adminKey, 'utf8')).trim();
    const answer = await fetch(`${apiUrl}/api/login-codes`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(1_500),
    });
    if (!answer.ok) throw new Error(`the API answered ${answer.status} to the first admin key`);
    return ((await answer.json()) as { login_url: string }).login_url;
  } catch {
    return webUiUrl ?? ''; // for example, the first admin key was revoked; the page accepts other keys
  }
}

/** Warns about apps that still run as processes: they continue until they end, whatever the settings are now. */
async function warnOfProcesses(config: Config, { layout: at, hostId }: DataFolder): Promise<void> {
  if (config.isolation !== 'container') return;
  try {
    const outside = (await servicesOf(config, at)).filter((row) => row.host === hostId && runsOutside(row));
    const names = outside.map(({ name }) => name).join(', ');
    if (outside.length > 0)
      printLine(`Warning: these still run outside containers: ${names}. Deploy them again in the mode docker.`);
  } catch (error) {
    printLine(`Can't list the apps that still run outside containers (${reasonOf(error)})`);
  }
}

/** Prints the running apps, because apps continue without Slipway. */
async function sayWhatRuns(config: Config, { layout: at }: DataFolder): Promise<void> {
  try {
    const running = (await servicesOf(config, at)).filter(
      ({ status, instance }) => instance !== null && status !== 'error' && status !== 'stopped',
    );
    if (running.length > 0) printLine('These apps keep running, and are taken up again at the next start:');
    for (const { name, url } of running) printLine(`  ${name}${url === null ? '' : `  ${url}`}`);
  } catch (error) {
    printLine(`Can't list the apps that keep running (${reasonOf(error)})`);
  }
}

async function servicesOf(config: Config, at: DataFolder['layout']): Promise<ServiceRow[]> {
  const key = (await readFile(at.adminKey, 'utf8')).trim();
  const answer = await fetch(`${apiUrlOf(config)}/api/services`, {
    headers: { Authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(1_500),
  });
  if (!answer.ok) throw new Error(`the API answered ${answer.status} to the first admin key`);
  return (await answer.json()) as ServiceRow[];
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function apiUrlOf({ apiHost, apiPort }: Config): string {
  return `http://${urlHost(apiHost)}:${apiPort}`;
}

/** Returns the host for a URL. For "all addresses", returns the loopback. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
