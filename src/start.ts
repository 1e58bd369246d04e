// npm start: get what is missing, start Temporal, the worker and the API, keep them up, and stop them in order.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { tryListening } from './activities/ports/listening.js';
import { createPythons, pythonPlacesOf } from './activities/ports/python-port.js';
import { createTools } from './activities/ports/tools.js';
import { resolveAppUser } from './app-user.js';
import { readConfig, type Config } from './config.js';
import { SlipwayError } from './contract/errors.js';
import type { ServiceView } from './contract/views.js';
import { openDataFolder, type DataFolder } from './data-folder.js';
import { runProcess, type Life } from './process-life.js';
import { claimDataFolder } from './start/claim.js';
import { getTemporal } from './start/get-temporal.js';
import { getUv } from './start/get-uv.js';
import { say } from './start/say.js';
import { Stack, type PartSpec, type Place } from './start/stack.js';
import {
  findPlace,
  serverArgv,
  setRetention,
  stampVersion,
  untilServing,
  type TemporalPlace,
} from './start/temporal-server.js';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PROJECT = here('..');
/** Small young generations and few arenas: these parts wait most of the time, and would keep what a burst once took. */
const NODE: [string, string] = [process.execPath, '--max-semi-space-size=2'];
const ARENAS = { MALLOC_ARENA_MAX: '2' };
const READY_MS = 60_000;
const TEMPORAL_TRIES = 5;

// Whoever read the output may be gone; the parts are stopped in order all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

await runProcess(async (life) => {
  const config = readConfig();
  const python = await createPythons(pythonPlacesOf(config.hostEnvironment)).defaultPython();
  await resolveAppUser(config, python); // told before anything is begun
  const folder = await openDataFolder(config);
  const tools = createTools({ python, script: here('./keeper/keeper.py') });
  const claim = await claimDataFolder(folder.layout, (work) => tools.withLock(folder.layout.startLock, work));
  const stack = new Stack(folder.layout, claim);
  try {
    await mustBeFree(config);
    const up = bringUp(config, folder, stack, python, life);
    await Promise.race([up, life.stop]); // Ctrl-C also ends a build of Temporal
    if (!life.stopping) welcome(config, folder, await up);
    await life.stop;
    say('Stopping …');
    await sayWhatRuns(config, folder);
  } finally {
    await stack.stop();
    await claim.release();
  }
  say('Slipway has stopped.');
}, 'start');

async function bringUp(config: Config, folder: DataFolder, stack: Stack, python: string, life: Life): Promise<Place> {
  const { namespace, address: given } = config.temporal;
  const program = given === undefined ? await getTemporal(config) : undefined;
  await getUv(config, python);
  const temporal = program === undefined ? undefined : await startTemporal(program, config, folder, stack);
  const place: Place = {
    apiUrl: apiUrlOf(config),
    webUiUrl: temporal?.uiUrl ?? null,
    temporalAddress: temporal?.address ?? given ?? '',
  };
  const env = {
    ...config.hostEnvironment,
    ...ARENAS,
    TEMPORAL_ADDRESS: place.temporalAddress,
    TEMPORAL_NAMESPACE: namespace,
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
    ready: () => untilReady(place, life),
  };
  await stack.start(worker);
  await stack.start(api);
  await stack.tellReady(place);
  return place;
}

/** Another program may take a port between the look and the listening: then the next ones are tried. */
async function startTemporal(
  program: string,
  config: Config,
  { layout: at }: DataFolder,
  stack: Stack,
): Promise<TemporalPlace> {
  await stampVersion(program, at);
  const { namespace } = config.temporal;
  for (let tries = 1; ; tries += 1) {
    const place = await findPlace();
    const argv = readByOwner(serverArgv(program, place, at.temporalDatabase, namespace));
    const env = { ...config.hostEnvironment };
    try {
      await stack.start({
        name: 'temporal',
        argv,
        env,
        graceMs: 3_000,
        ready: () => untilServing(place.address, namespace),
      });
      await setRetention(place.address, config);
      if (place.moved)
        say(`Temporal's usual ports were taken: it listens on ${place.port}, its Web UI on ${place.uiPort}`);
      return place;
    } catch (error) {
      place.giveUp();
      if (tries === TEMPORAL_TRIES) throw error;
    }
  }
}

/** Its database is nobody else's to read, whatever lies around it. */
function readByOwner(argv: readonly string[]): [string, ...string[]] {
  return ['/bin/sh', '-c', 'umask 077; exec "$0" "$@"', ...argv];
}

async function mustBeFree({ apiHost, apiPort }: Config): Promise<void> {
  try {
    await tryListening(apiPort, apiHost);
  } catch (cause) {
    throw new SlipwayError('start_failed', {
      text: 'start_failed.port',
      params: { host: apiHost, port: apiPort },
      cause,
    });
  }
}

/** Ready is: the API answers, and through it the gate, which a worker runs. */
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

function welcome(
  config: Config,
  { layout: at, hostId }: DataFolder,
  { apiUrl, webUiUrl, temporalAddress }: Place,
): void {
  say(`API          ${apiUrl}/api`);
  say(`Web UI       ${webUiUrl ?? `of the Temporal server at ${temporalAddress}`}`);
  say(`Temporal     ${temporalAddress}`);
  say(`Host         ${hostId}`);
  say(`Data folder  ${config.dataDir}`);
  say(`Admin key    ${at.adminKey}`);
  say();
  say('A first deployment:');
  say(`  curl -sS -X POST ${apiUrl}/api/deployments \\`);
  say(`    -H "Authorization: Bearer $(cat ${at.adminKey})" -H 'Content-Type: application/json' \\`);
  say(`    -d '{"mode":"auto","config":{"source":{"type":"directory","path":"${PROJECT}examples/flask-hello"}}}'`);
  say('The whole round, followed until the page answers:');
  say(`  ${PROJECT}examples/deploy.sh`);
  say();
  say(`Slipway is ready: ${apiUrl}`);
}

/** Apps live on without Slipway, so the last lines name them. */
async function sayWhatRuns(config: Config, { layout: at }: DataFolder): Promise<void> {
  try {
    const key = (await readFile(at.adminKey, 'utf8')).trim();
    const answer = await fetch(`${apiUrlOf(config)}/api/services`, {
      headers: { Authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(1_500),
    });
    if (!answer.ok) throw new Error(`the API answered ${answer.status} to the first admin key`);
    const services = (await answer.json()) as ServiceView[];
    const running = services.filter(
      ({ status, instance }) => instance !== null && status !== 'error' && status !== 'stopped',
    );
    if (running.length > 0) say('These apps keep running, and are taken up again at the next start:');
    for (const { name, url } of running) say(`  ${name}${url === null ? '' : `  ${url}`}`);
  } catch (error) {
    say(`Which apps keep running could not be asked (${error instanceof Error ? error.message : String(error)})`);
  }
}

function apiUrlOf({ apiHost, apiPort }: Config): string {
  return `http://${urlHost(apiHost)}:${apiPort}`;
}

/** An address that can be put into a URL: of "everywhere", the nearest. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
