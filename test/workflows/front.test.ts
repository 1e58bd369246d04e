import { beforeEach, describe, expect, it } from '@jest/globals';
import type { FrontAddress, InstanceExit } from '../../src/contract/steps.js';
import type { ServiceView } from '../../src/contract/views.js';
import { failure, frontedHost, Held, HOST } from '../support/fake-activities.js';
import { serviceScene } from '../support/service-scene.js';
import type { Stage } from '../support/stage.js';

const scene = serviceScene();
const { deploy, begin, view } = scene;
const URL = 'http://front:25000';
let stage: Stage;
let name: string;
beforeEach(() => {
  ({ stage, name } = scene);
  stage.fakes.expect(frontedHost());
});

const began = (activity: string) =>
  stage.fakes.journal.filter((entry) => entry.name === activity && entry.phase === 'began');
const stops = () => began('stopInstance').map(({ input }) => input.instanceId);
const operate = (command: 'stop' | 'restart') =>
  stage.command(name, { type: 'operate', commandId: `c-${command}`, command, acceptedAt: Date.now() });
const exits = (instanceId: string, exit: Partial<InstanceExit> = {}) =>
  stage.observe(name, {
    kind: 'exited',
    instanceId,
    exit: { code: 1, signal: null, at: new Date(0).toISOString(), reason: 'exited', ...exit },
  });

describe('switches behind a front proxy', () => {
  it('a deployment completes with the stable address after the route is set', async () => {
    const route = new Held<FrontAddress>();
    stage.fakes.expect({ routeService: route.run });
    const id = await begin(1);
    await route.began;
    expect(await view()).toMatchObject({ active_release: id, status: 'running', front: {} });
    expect((await stage.state(id)).status).toBe('running');
    route.letGo({ port: 25_000, url: URL });
    expect((await stage.ended(id)).state).toMatchObject({ status: 'completed', url: URL });
    expect(await view()).toMatchObject({ url: URL, front: { port: 25_000 } });
  });

  it('an old instance keeps draining while newer deployments complete, and is stopped when its drain ends', async () => {
    await deploy(1);
    const [first] = stage.fakes.startedInstances;
    const drain = new Held<undefined>();
    stage.fakes.expect({ drainInstance: drain.run });
    await deploy(2);
    await drain.began;
    expect(stops()).toEqual([]);
    stage.fakes.expect(frontedHost());
    await deploy(3);
    const [, second] = stage.fakes.startedInstances;
    await stage.until(() => stops().includes(second));
    expect(stops()).not.toContain(first);
    drain.letGo(undefined);
    await stage.until(() => stops().includes(first));
  });

  it('a stop also stops draining instances', async () => {
    await deploy(1);
    const drain = new Held<undefined>();
    stage.fakes.expect({ drainInstance: drain.run });
    await deploy(2);
    await drain.began;
    await operate('stop');
    await stage.serviceWhen(name, ({ status }) => status === 'stopped');
    expect(new Set(stops())).toEqual(new Set(stage.fakes.startedInstances));
  });

  it('an instance keeps draining across continue-as-new of its service, and is stopped when its drain ends', async () => {
    const handle = stage.serviceHandle(name);
    await stage.foundService({ name, foldAfterEvents: 60 });
    await deploy(1);
    const [first] = stage.fakes.startedInstances;
    const drain = new Held<undefined>('heedless');
    stage.fakes.expect({ drainInstance: drain.run });
    const runId = await stage.runId(handle);
    await deploy(2);
    await drain.began;
    for (let i = 0; i < 30; i += 1) await exits('nobody'); // only events
    await stage.untilContinued(handle, runId);
    await stage.until(() => began('drainInstance').length > 1);
    expect(stops()).toEqual([]);
    drain.letGo(undefined);
    await stage.until(() => stops().includes(first));
    expect((await view()).url).toBe(URL);
  });

  it('a switch completes without the front proxy, and a later route restores the stable address', async () => {
    await deploy(1);
    stage.fakes.expect({ routeService: () => Promise.reject(failure('internal')) });
    const id = await deploy(2);
    const { url, port, instance, active_release: active } = await view();
    expect([url, active]).toEqual([`http://127.0.0.1:${port}`, id]);
    await stage.observe(name, { kind: 'routed', instanceId: 'another', address: { port: 1, url: 'http://wrong' } });
    await stage.observe(name, { kind: 'routed', instanceId: instance!, address: { port: 25_000, url: URL } });
    await stage.serviceWhen(name, (told) => told.url === URL);
  });

  it('a candidate that fails its health check changes no route', async () => {
    await deploy(1);
    stage.fakes.expect({ awaitHealthy: () => Promise.reject(failure('health_check_failed')) });
    await stage.ended(await begin(2));
    expect(began('routeService')).toHaveLength(1);
    expect((await view()).url).toBe(URL);
  });
});

describe('stops behind a front proxy', () => {
  /** What the service said of itself when the proxy was set, before anything was stopped. */
  async function toldBefore(end: () => Promise<void>): Promise<ServiceView> {
    await deploy(1);
    const told = new Promise<ServiceView>((resolve) => {
      stage.fakes.expect({
        routeService: async () => {
          expect(stops()).toEqual([]);
          resolve(await view());
          return { port: 25_000, url: URL };
        },
      });
    });
    await end();
    return told;
  }

  it('a stop shuts the route before the instance is stopped, and a restart reopens the same address', async () => {
    const told = await toldBefore(() => operate('stop'));
    expect(told).toMatchObject({ status: 'running', url: URL, front: { port: 25_000, shut: true } });
    await stage.serviceWhen(name, ({ status }) => status === 'stopped');
    stage.fakes.expect(frontedHost());
    await operate('restart');
    const { front } = await stage.serviceWhen(name, ({ status }) => status === 'running');
    expect(front).toEqual({ port: 25_000 });
  });

  it('unregistering removes the route before the instance is stopped', async () => {
    const retire = () => stage.command(name, { type: 'retire', purge: false, hostId: HOST, acceptedAt: Date.now() });
    expect(await toldBefore(retire)).not.toHaveProperty('front');
    await stage.until(async () => (await stage.serviceHandle(name).describe()).status.name === 'COMPLETED');
  });

  it('a stop completes without the front proxy', async () => {
    await deploy(1);
    stage.fakes.expect({ routeService: () => Promise.reject(failure('internal')) });
    await operate('stop');
    await stage.serviceWhen(name, ({ status }) => status === 'stopped');
    expect(stops()).toEqual(stage.fakes.startedInstances);
  });
});

describe('recoveries behind a front proxy', () => {
  it('a recovery keeps the route on the same port and sets the route again on another port', async () => {
    await deploy(1);
    const recovered = async (restarts: number) => {
      await exits((await view()).instance!, { at: new Date().toISOString() });
      await stage.serviceWhen(name, (told) => told.restarts === restarts && told.health === 'healthy');
    };
    await recovered(1);
    expect(began('routeService')).toHaveLength(1);
    const { startInstance } = frontedHost();
    stage.fakes.expect({ startInstance: async (input) => startInstance({ ...input, preferPort: 31_000 }) });
    await recovered(2);
    expect(began('routeService')).toHaveLength(2);
    expect(await view()).toMatchObject({ port: 31_000, url: URL, host: HOST });
  });
});

it('a host without a front proxy sets no routes and drains no instances', async () => {
  stage.allGoesWell();
  await deploy(1);
  const { port } = await view();
  expect((await view()).url).toBe(`http://127.0.0.1:${port}`);
  await deploy(2);
  expect(stops()).toEqual([stage.fakes.startedInstances[0]]);
  expect([...began('routeService'), ...began('drainInstance')]).toEqual([]);
});
