import { mkdtempSync, rmSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import Docker from 'dockerode';
import { probeEngine, untilUp, withEngine } from '../../../src/activities/docker/engine-status.js';
import { createEngine, type EnginePort } from '../../../src/activities/ports/docker/engine.js';
import { inlineUnpacker } from '../../support/inline-unpacker.js';
import { defaultNetwork, NO_LIMITS } from '../../support/no-engine.js';

let folder: string;
let servers: Server[];
let engine: EnginePort;
const socket = () => join(folder, 'engine.sock');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-engine-'));
  servers = [];
  const docker = new Docker({ socketPath: socket() });
  engine = createEngine({
    docker: { calls: docker, streams: docker, looks: docker },
    limits: NO_LIMITS,
    networks: defaultNetwork(docker),
    unpacker: inlineUnpacker,
  });
});
afterEach(() => {
  stop();
  rmSync(folder, { recursive: true, force: true });
});

function stop(): void {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
}
async function serve(listener: RequestListener): Promise<void> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socket(), resolve));
}
/** What an engine says of itself. */
const saying =
  (version: object, info: object = {}): RequestListener =>
  (req, res) => {
    if (req.url?.startsWith('/_ping')) return res.end('OK');
    const answer = req.url?.startsWith('/info') ? info : version;
    res.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer));
  };
const well = saying({ ApiVersion: '1.41', Os: 'linux' });

it('an engine that responds is available, and an engine with API 1.41 uses BuildKit', async () => {
  await serve(well);
  expect(await probeEngine(engine)).toEqual({ status: 'available' });
  expect(await engine.status(1000)).toEqual({ state: 'up', apiVersion: '1.41', buildKit: true });
});

it('Podman is available as an engine without BuildKit', async () => {
  const Components = [{ Name: 'Podman Engine' }, { Name: 'Conmon' }];
  await serve(saying({ ApiVersion: '1.41', Os: 'linux', Components }));
  expect(await probeEngine(engine)).toEqual({ status: 'available' });
  expect(await engine.status(1000)).toEqual({ state: 'up', apiVersion: '1.41', buildKit: false });
});

it.each([
  { version: '1.42', store: 'containerd', buildKit: true }, // the engine knows no such store
  { version: '1.43', store: 'containerd', buildKit: false },
  { version: '1.45', store: 'containerd', buildKit: false },
  { version: '1.45', store: 'overlay2', buildKit: true },
  { version: '1.47', store: 'containerd', buildKit: false },
  { version: '1.48', store: 'containerd', buildKit: true },
  { version: '1.52', store: 'containerd', buildKit: true },
])(
  'an engine with API $version and images in $store uses BuildKit: $buildKit',
  async ({ version, store, buildKit }) => {
    // As an engine 26.1.5 answers with either store.
    const DriverStatus =
      store === 'containerd'
        ? [['driver-type', 'io.containerd.snapshotter.v1']]
        : [
            ['Backing Filesystem', 'extfs'],
            ['Supports d_type', 'true'],
          ];
    await serve(saying({ ApiVersion: version, Os: 'linux' }, { DriverStatus }));
    expect(await engine.status(1000)).toEqual({ state: 'up', apiVersion: version, buildKit });
  },
);

it('an absent engine, a silent engine and a broken engine are reported with different errors', async () => {
  expect((await probeEngine(engine)).error).toMatchObject({ text: 'engine_unavailable.absent' });
  await serve(() => undefined);
  expect(await engine.status(100)).toMatchObject({ state: 'down', trouble: 'silent' });
  stop();
  await serve((_req, res) => void res.writeHead(500).end('no'));
  expect((await probeEngine(engine)).error).toMatchObject({ text: 'engine_unavailable.broken' });
});

it('untilUp waits until the engine responds, and fails when it is aborted', async () => {
  const waiting = untilUp(engine, AbortSignal.timeout(10_000));
  await serve(well);
  expect(await waiting).toMatchObject({ state: 'up' });
  stop();
  await expect(untilUp(engine, AbortSignal.timeout(50))).rejects.toThrow();
});

it('a call that the end of the engine interrupted is repeated, and a call that the engine refused isn’t', async () => {
  await serve(well);
  let tries = 0;
  const done = await withEngine(engine, AbortSignal.timeout(10_000), () => {
    tries += 1;
    if (tries === 1) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    return Promise.resolve('done');
  });
  expect([done, tries]).toEqual(['done', 2]);
  const refused = Object.assign(new Error('no such image'), { statusCode: 404 });
  await expect(withEngine(engine, AbortSignal.timeout(1000), () => Promise.reject(refused))).rejects.toBe(refused);
});

it('repeats of an interrupted call are limited, and an error about a missing local file isn’t repeated', async () => {
  await serve(well);
  const hangUp = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
  let tries = 0;
  const always = withEngine(engine, AbortSignal.timeout(20_000), () => {
    tries += 1;
    return Promise.reject(hangUp);
  });
  await expect(always).rejects.toMatchObject({ code: 'engine_unavailable', params: { reason: 'socket hang up' } });
  expect(tries).toBeLessThan(10);
  const missing = await stat('/no/such/file').catch((error: unknown) => error);
  await expect(withEngine(engine, AbortSignal.timeout(1000), () => Promise.reject(missing as Error))).rejects.toBe(
    missing,
  );
});
