// The docker mode beside `docker build` and `docker run` by hand: cold, with warm layers, and with nothing to do.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createContainers } from '../../src/activities/ports/docker/container-port.js';
import { createServiceNetworks } from '../../src/activities/ports/docker/service-networks.js';
import { layout } from '../../src/contract/layout.js';
import { BASE_IMAGE, docker, removeAllOf, SUBNETS } from '../../test/support/engine.js';
import { freePort, readProc } from '../../test/support/slipway.js';
import { runTool, untilAnswering } from './by-hand.js';
import { inTurn, median, ms, ratioOf, timed, type Measurement, type Taken } from './measure.js';
import { redeployed } from './redeployments.js';
import { inlineUnpacker } from '../../test/support/inline-unpacker.js';
import { deployToEnd, type Stage } from './stage.js';

const SLOTS = 3;
/** What Slipway may take beside the engine, whatever that takes. */
const ALLOWANCE_MS = 600;
const CONTEXT_MB = 500;
const MIB = 1024 ** 2;
const LOOK_MS = 50;
/** An engine 20.10 runs its own program once more to set up the network's name server: 1.26 to 1.38 times a start was seen. */
const NETWORK_RATIO = 1.5;

export const dockerDeployments: Measurement[] = [
  { name: 'docker_first', unit: 'x', limit: 1.1, slots: SLOTS, engine: true, take: (stage) => deployed(stage, 'cold') },
  { name: 'docker_warm', unit: 'x', limit: 1.1, slots: SLOTS, engine: true, take: (stage) => deployed(stage, 'warm') },
  { name: 'docker_unchanged', unit: 'ms', limit: 300, slots: SLOTS, engine: true, take: unchanged },
  { name: 'docker_network', unit: 'x', limit: NETWORK_RATIO, slots: SLOTS, engine: true, take: ownNetwork },
  { name: 'docker_context_rss', unit: 'MB', limit: 50, slots: SLOTS, engine: true, take: contextRss },
];

const SERVER = readFileSync(new URL('../../test/fixtures/apps/answers-200/main.py', import.meta.url), 'utf8');
let count = 0;

/** Cold: no layer but the base is there. Warm: only the code differs. */
export function newProject({ slipway }: Stage, layers: 'cold' | 'warm'): { name: string; path: string } {
  count += 1;
  const name = `docker-${layers}-${count}`;
  const path = join(slipway.sources, name);
  mkdirSync(path, { recursive: true });
  const dockerfile = [
    `FROM ${BASE_IMAGE}`,
    ...(layers === 'cold' ? [`ENV COUNT=${Date.now()}-${count}`] : []),
    // Work of seconds that needs no network. Some files are of other Pythons, which is no failure of the build.
    'RUN python3 -m compileall -q -f /usr/lib/python3/dist-packages /usr/lib/python3.11 || true',
    'COPY . /app',
    'WORKDIR /app',
    'EXPOSE 8000',
    'CMD ["python3", "main.py"]',
  ];
  writeFileSync(join(path, 'Dockerfile'), `${dockerfile.join('\n')}\n`);
  writeFileSync(join(path, 'main.py'), `${SERVER}\n# ${name} ${Date.now()}\n`);
  return { name, path };
}

async function deployed(stage: Stage, layers: 'cold' | 'warm'): Promise<Taken> {
  const { ours, other } = await inTurn(
    { ours: () => bySlipway(stage, layers), other: () => byHand(stage, layers) },
    { count: layers === 'cold' ? 3 : 5 },
  );
  const ratios = ours.map((took, i) => (took - ALLOWANCE_MS) / (other[i] ?? NaN));
  return { value: median(ratios), note: `${ms(median(ours))}, by hand ${ms(median(other))}` };
}

async function bySlipway(stage: Stage, layers: 'cold' | 'warm'): Promise<number> {
  const { name, path } = newProject(stage, layers);
  const source = { type: 'directory', path };
  return (await deployToEnd(stage, { mode: 'docker', config: { service: name, source } })).tookMs;
}

async function byHand(stage: Stage, layers: 'cold' | 'warm'): Promise<number> {
  const client = await (ableClient ??= findAbleClient());
  const { name, path } = newProject(stage, layers);
  const image = `by-hand-${name}`;
  const port = await freePort();
  const environment = ['PORT=8000', 'SLIPWAY_RELEASE=by-hand'].flatMap((entry) => ['-e', entry]);
  try {
    return await timed(async () => {
      await runTool([client, 'build', '-q', '-t', image, '.'], { cwd: path, env: { DOCKER_BUILDKIT: '1' } });
      await runTool(
        [client, 'run', '-d', '--init', '--name', image, '-p', `127.0.0.1:${port}:8000`, ...environment, image],
        { cwd: path },
      );
      await untilAnswering(`http://127.0.0.1:${port}/`);
    });
  } finally {
    await runTool([client, 'rm', '-f', image], { cwd: path });
    await runTool([client, 'rmi', '-f', image], { cwd: path });
  }
}

let ableClient: Promise<string> | undefined;

/** Of the clients on PATH the first that can build with BuildKit: newer ones need a plugin for it, which may be missing. */
async function findAbleClient(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-client-'));
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nLABEL slipway.bench=client\n');
  try {
    for (const place of (process.env['PATH'] ?? '').split(delimiter)) {
      const client = join(place, 'docker');
      const build = runTool([client, 'build', '-q', '.'], { cwd: folder, env: { DOCKER_BUILDKIT: '1' } });
      if (
        await build.then(
          () => true,
          () => false,
        )
      )
        return client; // absent, or not able
    }
    throw new Error('no Docker client on PATH can build with BuildKit');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function unchanged(stage: Stage): Promise<Taken> {
  const { name, path } = newProject(stage, 'warm');
  const body = { mode: 'docker', config: { service: name, source: { type: 'directory', path } } };
  return redeployed(stage, body);
}

/** How much the worker grows while it sends half a gigabyte to the engine. */
async function contextRss(stage: Stage): Promise<Taken> {
  const { slipway } = stage;
  const { name, path } = newProject(stage, 'warm');
  for (let i = 0; i < CONTEXT_MB / 50; i += 1) writeFileSync(join(path, `part-${i}.bin`), Buffer.alloc(50 * MIB, i));
  const { worker } = slipway.ready.pids;
  const resident = (): number => Number(/^VmRSS:\s+(\d+)/m.exec(readProc(worker, 'status'))?.[1]) / 1024;
  const before = resident();
  let most = before;
  const { deployment_id: id } = await slipway.deploy({
    mode: 'docker',
    config: { service: name, source: { type: 'directory', path } },
  });
  while ((await slipway.status(id)).is_active) {
    most = Math.max(most, resident());
    await delay(LOOK_MS);
  }
  const { status } = await slipway.status(id);
  if (status !== 'completed') throw new Error(`${id} ended ${status}`);
  return { value: most - before, note: `from ${before.toFixed(0)} to ${most.toFixed(0)} MB` };
}

/** How many times as long a container takes to start in its service's own network as in the engine's default one. */
async function ownNetwork(): Promise<Taken> {
  const hostId = `bench-${Date.now()}`;
  const startIn = (subnets: readonly string[]) => async (): Promise<number> => {
    const networks = createServiceNetworks({ docker, hostId, subnets });
    const containers = createContainers({
      docker: { calls: docker, streams: docker, looks: docker },
      layout: layout(join(tmpdir(), hostId)),
      hostId,
      limits: { capabilities: [], pids: 1024, memoryBytes: 512 * MIB, memoryMaxBytes: 0, cpusMax: 0 },
      networks,
      unpacker: inlineUnpacker,
      masking: () => ({ mask: (text) => text, longest: 0 }),
      wantedBy: () => Promise.resolve([]),
      log: { warn: () => undefined },
    });
    count += 1;
    const instanceId = `${hostId}-${count}`;
    const facts = { instanceId, service: 'bench', deploymentId: 'bench', kind: 'worker' as const, health: NO_HEALTH };
    const order = { facts, image: BASE_IMAGE, command: 'sleep 600', env: {}, secretNames: [] };
    const tookMs = await timed(() => containers.start(order));
    await containers.forget(instanceId);
    return tookMs;
  };
  try {
    const pairs = await inTurn({ ours: startIn(SUBNETS), other: startIn([]) }, { count: 15 });
    return ratioOf(pairs, 'in the default network');
  } finally {
    await removeAllOf(hostId);
  }
}

/** Nothing checks it: what is measured ends with the start. */
const NO_HEALTH = { path: '/', timeoutMs: 1000, intervalMs: 100, minUptimeMs: 0, skip: true };

/** Whether this machine has what these take. */
export const hasEngine = (): Promise<boolean> =>
  docker
    .getImage(BASE_IMAGE)
    .inspect()
    .then(
      () => true,
      () => false,
    );
