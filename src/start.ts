// npm start: get what is missing, start Temporal, the worker and the API, keep them up, and stop them in order.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createPythons, pythonPlacesOf } from './activities/ports/python-port.js';
import { createTools } from './activities/ports/tools.js';
import { readConfig, type Config } from './config.js';
import { SlipwayError } from './contract/errors.js';
import { API_VERSION, type ServiceView } from './contract/views.js';
import { openDataFolder, type DataFolder } from './data-folder.js';
import { runProcess } from './process-life.js';
import { claimDataFolder, writeJson } from './start/claim.js';
import { getTemporal } from './start/get-temporal.js';
import { getUv } from './start/get-uv.js';
import { Part } from './start/part.js';
import { say } from './start/say.js';
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
const READY_MS = 60_000;

await runProcess(async (life) => {
  const config = readConfig();
  const folder = await openDataFolder(config);
  const at = folder.layout;
  const python = await findPython(config);
  const tools = createTools({ python, script: here('./keeper/keeper.py') });
  const claim = await claimDataFolder(at, (work) => tools.withLock(at.startLock, work));
  await mustBeFree(config);
  const program = config.temporal.address === undefined ? await getTemporal(config) : undefined;
  await getUv(config, python);

  const place = program === undefined ? undefined : await findPlace();
  const address = place?.address ?? config.temporal.address ?? '';
  const apiUrl = `http://${urlHost(config.apiHost)}:${config.apiPort}`;
  const env = {
    ...config.hostEnvironment,
    TEMPORAL_ADDRESS: address,
    SLIPWAY_DATA_DIR: config.dataDir,
    SLIPWAY_PORT: String(config.apiPort),
  };
  const parts: Part[] = [];
  let ready = false;

  const makePart = (
    name: string,
    argv: [string, ...string[]],
    graceMs: number,
    untilReady: () => Promise<void>,
  ): Part => {
    const part = new Part({
      name,
      argv,
      env,
      graceMs,
      logFile: `${at.logs}/slipway/${name}.log`,
      ready: untilReady,
      onProcess: async (process) => {
        await claim.note(name, process);
        if (ready) await tellReady();
      },
    });
    parts.unshift(part); // stopped in reverse
    return part;
  };
  const tellReady = (): Promise<void> =>
    writeJson(at.readyFile, {
      api_url: apiUrl,
      web_ui_url: place?.uiUrl ?? null,
      temporal_address: address,
      pids: { start: process.pid, ...Object.fromEntries(parts.map(({ options, pid }) => [options.name, pid])) },
      version: API_VERSION,
    });

  try {
    if (program !== undefined && place !== undefined) {
      await stampVersion(program, at);
      const argv = serverArgv(program, place, at.temporalDatabase, config.temporal.namespace);
      await makePart('temporal', argv, 3_000, () => untilServing(place.address, config.temporal.namespace)).start();
      await setRetention(place.address, config);
    }
    const node = process.execPath;
    const worker = makePart('worker', [node, here('./worker/main.js')], 4_000, () => Promise.resolve());
    await worker.start();
    await makePart('api', [node, here('./api/main.js')], 3_500, () => untilReady(apiUrl, life)).start();
    ready = true;
    await tellReady();
    if (!life.stopping) welcome(config, folder, apiUrl, place, address);
    await life.stop;
    say('Stopping …');
    await sayWhatRuns(apiUrl, folder);
  } finally {
    ready = false;
    for (const part of parts) await part.stop();
    await claim.release();
  }
  say('Slipway has stopped.');
});

async function findPython(config: Config): Promise<string> {
  const [first] = await createPythons(pythonPlacesOf(config.hostEnvironment)).list();
  if (!first) throw new SlipwayError('start_failed', { text: 'start_failed.python' });
  return first.path;
}

async function mustBeFree({ apiHost, apiPort }: Config): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(apiPort, apiHost, resolve);
    });
  } catch (cause) {
    throw new SlipwayError('start_failed', {
      text: 'start_failed.port',
      params: { host: apiHost, port: apiPort },
      cause,
    });
  } finally {
    server.close();
  }
}

/** Ready is: the API answers, and through it the gate, which a worker runs. */
async function untilReady(apiUrl: string, life: { readonly stopping: boolean }): Promise<void> {
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
  apiUrl: string,
  place: TemporalPlace | undefined,
  address: string,
): void {
  if (place?.moved)
    say(`Temporal's usual ports were taken: it listens on ${place.port}, its Web UI on ${place.uiPort}`);
  say(`API          ${apiUrl}/api`);
  say(`Web UI       ${place?.uiUrl ?? `of the Temporal server at ${address}`}`);
  say(`Temporal     ${address}`);
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
async function sayWhatRuns(apiUrl: string, { layout: at }: DataFolder): Promise<void> {
  try {
    const key = (await readFile(at.adminKey, 'utf8')).trim();
    const answer = await fetch(`${apiUrl}/api/services`, {
      headers: { Authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(1_500),
    });
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

/** An address that can be put into a URL: of "everywhere", the nearest. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
