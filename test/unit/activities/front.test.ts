import { connect, createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { createFront } from '../../../src/activities/front.js';
import { settleRoute, upstreamOf } from '../../../src/activities/front-route.js';
import type { FrontPort, FrontRoute, WantedRoute } from '../../../src/activities/ports/front-port.js';
import { countConnectionsTo } from '../../../src/activities/ports/proc.js';
import type { StartedInstance } from '../../../src/contract/steps.js';
import type { ServiceView } from '../../../src/contract/views.js';
import { runActivity, act } from '../../support/act.js';
import { eventually } from '../../support/eventually.js';

const view = (changes: Partial<ServiceView> = {}): ServiceView =>
  ({ name: 'shop', host: 'h1', status: 'running', port: 31_000, front: {}, ...changes }) as ServiceView;
const unexpected = (): never => {
  throw new Error('nobody expected this call');
};

/** A proxy on which all goes well. */
function fakeFront() {
  const decided: (WantedRoute | undefined)[] = [];
  const front: FrontPort = {
    urlOf: (port) => `http://front:${port}`,
    readRoutes: unexpected,
    async settle(_service, decide): Promise<FrontRoute | undefined> {
      const wanted = await decide();
      decided.push(wanted);
      return wanted && { port: wanted.keepPort ?? 20_000, upstream: wanted.upstream };
    },
  };
  return { front, decided };
}

describe('upstreams of routes', () => {
  it.each<[string, Partial<ServiceView>, number | 'nothing' | undefined]>([
    ['is the port of a running app', {}, 31_000],
    ['is the port of an app that is starting again', { status: 'initializing' }, 31_000],
    ['is the port of an app that is stopping for a restart', { status: 'stopping' }, 31_000],
    ['is removed after the service was stopped', { status: 'stopped' }, 'nothing'],
    ['is removed after the service has failed permanently', { status: 'error' }, 'nothing'],
    ['isn’t set for a service on another host', { host: 'h2' }, undefined],
    ['isn’t set for a service that isn’t behind the front proxy', { front: undefined }, undefined],
    ['isn’t set for a service without an instance', { port: undefined }, undefined],
  ])('the upstream of a route %s', (_what, changes, upstream) => {
    expect(upstreamOf(view(changes), 'h1')).toBe(upstream);
  });
});

describe('setting a route', () => {
  it('the ports of other services are read only if the service needs a new port', async () => {
    const { front, decided } = fakeFront();
    const others = [view({ front: { port: 20_005 } }), view({ front: undefined })];
    const fresh = { readService: () => Promise.resolve(view()), readServices: () => Promise.resolve(others) };
    const settled = await settleRoute({ front, entities: fresh }, 'h1', 'shop');
    expect(settled?.address).toEqual({ port: 20_000, url: 'http://front:20000' });
    const kept = { readService: () => Promise.resolve(view({ front: { port: 20_007 } })), readServices: unexpected };
    await settleRoute({ front, entities: kept }, 'h1', 'shop');
    expect(decided).toEqual([
      { upstream: 31_000, avoid: new Set([20_005]) },
      { upstream: 31_000, keepPort: 20_007, avoid: new Set() },
    ]);
  });

  it('the route of an unknown service is removed, and a failed read of the service keeps the route', async () => {
    const { front, decided } = fakeFront();
    const none = { readService: () => Promise.resolve(undefined), readServices: unexpected };
    expect(await settleRoute({ front, entities: none }, 'h1', 'shop')).toBeUndefined();
    const away = { readService: () => Promise.reject(new Error('Temporal is away')), readServices: unexpected };
    await expect(settleRoute({ front, entities: away }, 'h1', 'shop')).rejects.toThrow('away');
    expect(decided).toEqual([undefined]);
  });
});

const activities = (front?: FrontPort) =>
  createFront(
    { front, processes: { countConnectionsTo } as never, entities: { readService: unexpected } as never },
    { hostId: 'h1' },
    { startInstance: ({ instanceId }): Promise<StartedInstance> => Promise.resolve({ instanceId, startedAt: '' }) },
  );

describe('instances behind the front proxy', () => {
  const start = async (front: FrontPort | undefined, spec: object) =>
    (await activities(front).startInstance({ instanceId: 'i', spec: spec as never })).behindFront;

  it('an instance is behind the front proxy only if the host has a proxy and Slipway chose the port', async () => {
    const { front } = fakeFront();
    expect(await start(front, { kind: 'web' })).toBe(true);
    expect(await start(front, { kind: 'web', port: 8000 })).toBeUndefined();
    expect(await start(front, { kind: 'worker' })).toBeUndefined();
    expect(await start(undefined, { kind: 'web' })).toBeUndefined();
  });
});

it('a host without a front proxy sets no route', async () => {
  expect(await activities().routeService({ service: 'shop' })).toBeNull();
});

describe('connection draining', () => {
  it('a drain ends when the last connection closes, and a cancelled drain ends at once', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = connect(port, '127.0.0.1');
    await eventually(() => countConnectionsTo(port) === 1);
    const key = { instanceId: 'i', mode: 'uv' as const, port };
    let ended = false;
    const draining = act(() => activities().drainInstance(key)).then(() => (ended = true));
    const other = runActivity(() => activities().drainInstance(key));
    other.cancel();
    await expect(other.result).rejects.toThrow('cancelled');
    expect(ended).toBe(false);
    client.destroy();
    await draining;
    server.close();
  });
});
