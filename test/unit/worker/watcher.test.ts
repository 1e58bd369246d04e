import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { http } from '../../../src/activities/ports/http-port.js';
import type { Observation } from '../../../src/contract/messages.js';
import type { OwnHealth } from '../../../src/activities/ports/instance-port.js';
import type { Report } from '../../../src/worker/reporter.js';
import type { HealthSpec } from '../../../src/contract/steps.js';
import { createWatcher, type Watcher, type WatcherDeps } from '../../../src/worker/watcher.js';
import { eventually } from '../../support/eventually.js';
import { createHost, HEALTH, SERVICE, type Host } from '../../support/host.js';
import { noEngine } from '../../support/no-engine.js';

let host: Host;
let told: Observation[];
type Containers = WatcherDeps['containers'];
const watchers: Watcher[] = [];
const servers: Server[] = [];

beforeEach(() => {
  host = createHost();
  told = [];
});
afterEach(async () => {
  watchers.splice(0).forEach((watcher) => {
    watcher.stop();
  });
  servers.splice(0).forEach((server) => server.close());
  await host.close();
});

function createTestWatcher(
  report: Report = accept,
  containers: Containers = noEngine(host.layout).containers,
): Watcher {
  const watcher = createWatcher({
    processes: host.processes,
    containers,
    http,
    report,
    log: { warn: () => undefined },
    tickMs: 30,
  });
  watchers.push(watcher);
  return watcher;
}

function accept(service: string, observation: Observation): Promise<'accepted'> {
  expect(service).toBe(SERVICE);
  told.push(observation);
  return Promise.resolve('accepted');
}

const exits = (): object[] => told.filter(({ kind }) => kind === 'exited');

async function start(command: string): Promise<string> {
  const outcome = await host.processes.start(host.order(command));
  return outcome.record!.instanceId;
}

describe('reports of exits', () => {
  it('the exit of an app is reported once', async () => {
    await createTestWatcher().start();
    const instanceId = await start('sleep 0.2; exit 3');
    await eventually(() => exits().length > 0);
    expect(told).toMatchObject([{ kind: 'exited', instanceId, exit: { code: 3, reason: 'exited' } }]);
  });

  it('an exit that happened without a worker is reported at the next start', async () => {
    const instanceId = await start('exit 4');
    await host.processes.waitGone(instanceId);
    await createTestWatcher().start();
    await eventually(() => exits().length > 0);
    expect(told).toMatchObject([{ kind: 'exited', instanceId, exit: { code: 4 } }]);
  });

  it('the exit of an instance that was started before the watcher is reported', async () => {
    const instanceId = await start('sleep 3600');
    await createTestWatcher().start();
    host.processes.requestStop(instanceId);
    await eventually(() => exits().length > 0);
    expect(told).toMatchObject([{ instanceId, exit: { signal: 'SIGTERM', reason: 'stopped' } }]);
  });

  it('an instance whose keeper was killed is reported with the reason keeper_lost', async () => {
    await createTestWatcher().start();
    const { record } = await host.processes.start(host.order('sleep 3600'));
    process.kill(record!.keeperPid, 'SIGKILL');
    await eventually(() => exits().length > 0);
    expect(told).toMatchObject([{ exit: { code: null, signal: null, reason: 'keeper_lost' } }]);
  });

  it('a report of an exit is retried until it is accepted', async () => {
    let calls = 0;
    await createTestWatcher((service, observation) => {
      calls += 1;
      return calls < 3 ? Promise.reject(new Error('Temporal is away')) : accept(service, observation);
    }).start();
    await start('exit 0');
    await eventually(() => exits().length > 0);
    expect(calls).toBe(3);
  });

  it('the exit of an instance that was removed isn’t reported', async () => {
    const forgotten = await start('exit 0');
    await host.processes.waitGone(forgotten);
    await host.processes.forget(forgotten);
    const instanceId = await start('exit 0');
    await createTestWatcher().start();
    await eventually(() => exits().length > 0);
    expect(told).toMatchObject([{ instanceId }]);
  });
});

it('the watcher starts although the engine is stuck, and reports exits of containers that start later', async () => {
  const found = { instanceId: 'c1', service: SERVICE, deploymentId: 'd1', kind: 'worker' as const, health: HEALTH };
  let tell: Parameters<Containers['onStarted']>[0] | undefined;
  const stuck = () => new Promise<never>(() => undefined);
  const containers: Partial<Containers> = {
    listInstances: stuck,
    readRecord: stuck,
    onStarted: (listener) => {
      tell = listener;
      return () => undefined;
    },
    watchGone: (_, onGone) => {
      onGone();
      return () => undefined;
    },
    readExit: () => Promise.resolve({ code: 7, signal: null, at: '2026-01-01T00:00:00Z', reason: 'exited' }),
    isAlive: () => false,
    ownHealth: () => Promise.resolve('none'),
  };
  await createTestWatcher(accept, containers as Containers).start(); // it asks no more
  tell?.({ ...found, startedAt: '2026-01-01T00:00:00Z' });
  await eventually(() => exits().length > 0);
  expect(told).toMatchObject([{ kind: 'exited', instanceId: 'c1', exit: { code: 7 } }]);
});

it('the HEALTHCHECK of an image determines the health of a worker’s container', async () => {
  let tell: Parameters<Containers['onStarted']>[0] | undefined;
  let health: OwnHealth = 'healthy';
  const containers: Partial<Containers> = {
    onStarted: (listener) => {
      tell = listener;
      return () => undefined;
    },
    watchGone: () => () => undefined,
    ownHealth: () => Promise.resolve(health),
  };
  await createTestWatcher(accept, containers as Containers).start();
  const startedAt = '2026-01-01T00:00:00Z';
  tell?.({ instanceId: 'c1', service: SERVICE, deploymentId: 'd1', kind: 'worker', health: HEALTH, startedAt });
  await eventually(() => told.length === 1);
  health = 'unhealthy';
  await eventually(() => told.length >= 3);
  const healths = told.map((seen) => (seen.kind === 'health' ? seen.health : seen.kind));
  expect(healths).toEqual(['healthy', 'degraded', 'unhealthy']);
});

describe('health reports of web apps', () => {
  let status: number;
  let calls: number;

  const healths = (): string[] => told.map((observation) => (observation.kind === 'health' ? observation.health : ''));

  /** An app that answers with `status`. */
  async function startWeb(health: HealthSpec): Promise<void> {
    calls = 0;
    const server = createServer((_, response) => {
      calls += 1;
      response.writeHead(status).end();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await host.processes.start(host.order('sleep 3600', { facts: { kind: 'web', port, health } }));
  }

  it('the health of a web app is reported only when it changes', async () => {
    status = 200;
    await createTestWatcher().start();
    await startWeb(HEALTH);
    await eventually(() => calls >= 5);
    expect(healths()).toEqual(['healthy']);
    status = 503;
    await eventually(() => healths().includes('unhealthy'));
    status = 404; // below 500: good
    await eventually(() => healths().length === 4);
    expect(healths()).toEqual(['healthy', 'degraded', 'unhealthy', 'healthy']);
  });

  it('failed probes aren’t reported during the time that a start may take', async () => {
    status = 503;
    await createTestWatcher().start();
    await startWeb(HEALTH);
    await eventually(() => calls >= 8);
    expect(told).toEqual([]);
  });

  it('a web app that is already unhealthy is reported after a restart of the worker', async () => {
    status = 503;
    await startWeb({ ...HEALTH, timeoutMs: 1 });
    await createTestWatcher().start();
    await eventually(() => told.length > 0);
    expect(healths()).toEqual(['unhealthy']);
  });

  it('the health of a web app is reported a second time after the time that a start may take', async () => {
    status = 200;
    await createTestWatcher().start();
    await startWeb({ ...HEALTH, timeoutMs: 1000 });
    await eventually(() => told.length === 2);
    const callsUntilThen = calls;
    await eventually(() => calls > callsUntilThen + 3);
    expect(healths()).toEqual(['healthy', 'healthy']);
  });
});

it('a stopped watcher reports no exits', async () => {
  const watcher = createTestWatcher();
  await watcher.start();
  const instanceId = await start('sleep 3600');
  watcher.stop();
  host.processes.requestStop(instanceId);
  await host.processes.waitGone(instanceId);
  expect(told).toEqual([]);
});
