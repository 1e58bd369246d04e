import { createServer } from 'node:net';
import { expect, it } from '@jest/globals';
import type { CaddyAdmin, Written } from '../../../../../src/activities/ports/caddy/admin.js';
import { createCaddyFront } from '../../../../../src/activities/ports/caddy/caddy-front.js';
import {
  portsOf,
  serverOf,
  type CaddyConfig,
  type CaddyServer,
} from '../../../../../src/activities/ports/caddy/server.js';
import type { WantedRoute } from '../../../../../src/activities/ports/front-port.js';
import { freePort } from '../../../../support/slipway.js';

const HOST = '127.0.0.1';
const FIRST = 24_900;

/** Caddy's rules: a change is bound to what was read, and no address stands in two servers. */
class FakeAdmin implements CaddyAdmin {
  servers: Record<string, CaddyServer> = {};
  writes = 0;
  version = 0;
  beforeWrite: () => void = () => undefined;

  read() {
    const config: CaddyConfig = { apps: { http: { servers: { ...this.servers } } } };
    return Promise.resolve({ config, etag: String(this.version) });
  }

  write({ path, value }: { path: string; value: object }, etag: string): Promise<Written> {
    return this.#change(etag, () => {
      const name = path.split('/').at(-1) ?? '';
      const { listen = [] } = value as CaddyServer;
      const others = Object.entries(this.servers).filter(([other]) => other !== name);
      const taken = others.flatMap(([, server]) => server.listen ?? []).flatMap(portsOf);
      if (listen.flatMap(portsOf).some((port) => taken.includes(port))) return { refused: 'listener address repeated' };
      this.servers[name] = value;
      return 'written';
    });
  }

  remove(path: string, etag: string): Promise<Written> {
    return this.#change(etag, () => {
      Reflect.deleteProperty(this.servers, path.split('/').at(-1) ?? '');
      return 'written';
    });
  }

  #change(etag: string, change: () => Written): Promise<Written> {
    this.beforeWrite();
    this.beforeWrite = () => undefined;
    if (etag !== String(this.version)) return Promise.resolve('stale');
    const written = change();
    if (written === 'written') this.version += 1;
    this.writes += 1;
    return Promise.resolve(written);
  }
}

const front = (admin: CaddyAdmin, ports = { first: FIRST, last: FIRST + 9 }) =>
  createCaddyFront(admin, { host: HOST, ports, hostId: 'h1' });
const wanted =
  (changes: Partial<WantedRoute> = {}) =>
  (): Promise<WantedRoute> =>
    Promise.resolve({ upstream: 31_000, avoid: new Set(), ...changes });

it('a new route gets the first port that no server or other service uses and on which no process listens', async () => {
  const admin = new FakeAdmin();
  admin.servers['own'] = { listen: [`:${FIRST}`] };
  const stranger = createServer().listen(FIRST + 2, HOST);
  try {
    const route = await front(admin).settle('shop', wanted({ avoid: new Set([FIRST + 1]) }));
    expect(route).toEqual({ port: FIRST + 3, upstream: 31_000 });
    expect(Object.keys(admin.servers)).toEqual(['own', 'slipway.h1.shop']);
  } finally {
    stranger.close();
  }
});

it('a service keeps its port even if its record has lost the port, and an unchanged route isn’t written again', async () => {
  const admin = new FakeAdmin();
  const proxy = front(admin);
  await proxy.settle('shop', wanted({ keepPort: 24_950 }));
  expect(await proxy.settle('shop', wanted({ upstream: 31_001 }))).toEqual({ port: 24_950, upstream: 31_001 });
  await proxy.settle('shop', wanted({ upstream: 31_001, keepPort: 24_950 }));
  expect(admin.writes).toBe(2);
});

it('the upstream is determined again if the configuration has changed since it was read', async () => {
  const admin = new FakeAdmin();
  const upstreams = [31_000, 31_001];
  admin.beforeWrite = () => (admin.version += 1);
  const decide = () => wanted({ upstream: upstreams.shift()! })();
  expect(await front(admin).settle('shop', decide)).toMatchObject({ upstream: 31_001 });
});

it('routes are set one at a time, so concurrent services never get the same port', async () => {
  const proxy = front(new FakeAdmin());
  const routes = await Promise.all(['a', 'b', 'c'].map((service) => proxy.settle(service, wanted())));
  expect(new Set(routes.map((route) => route?.port)).size).toBe(3);
});

it('a route is set after the decision for an earlier route failed', async () => {
  const proxy = front(new FakeAdmin());
  const failing = proxy.settle('a', () => Promise.reject(new Error('nobody answers')));
  const next = proxy.settle('b', wanted());
  await expect(failing).rejects.toThrow('nobody answers');
  expect(await next).toBeDefined();
});

it('a service isn’t moved to another port if another server has its port, and a retryable error is returned', async () => {
  const admin = new FakeAdmin();
  admin.servers['own'] = { listen: [`${HOST}:${FIRST}`] };
  const settled = front(admin).settle('shop', wanted({ keepPort: FIRST }));
  await expect(settled).rejects.toMatchObject({ text: 'front.not_set', retryable: true });
  expect(Object.keys(admin.servers)).toEqual(['own']);
});

it('setting a route fails if all ports of the range are used', async () => {
  const port = await freePort();
  const proxy = front(new FakeAdmin(), { first: port, last: port });
  await proxy.settle('a', wanted());
  await expect(proxy.settle('b', wanted())).rejects.toMatchObject({ text: 'front.not_set' });
});

it('only the unwanted route is removed, and only the routes of the own host are read', async () => {
  const admin = new FakeAdmin();
  const proxy = front(admin);
  admin.servers['own'] = { listen: [':80'] };
  admin.servers['slipway.h2.shop'] = serverOf({ port: 24_990, upstream: 1 }, HOST);
  admin.servers['slipway.h1.changed'] = { listen: [':24991'] };
  await proxy.settle('shop', wanted());
  expect([...(await proxy.readRoutes())]).toEqual([
    ['changed', undefined],
    ['shop', { port: FIRST, upstream: 31_000 }],
  ]);
  expect(await proxy.settle('shop', () => Promise.resolve(undefined))).toBeUndefined();
  expect(await proxy.settle('nobody', () => Promise.resolve(undefined))).toBeUndefined();
  expect(Object.keys(admin.servers)).toEqual(['own', 'slipway.h2.shop', 'slipway.h1.changed']);
});

it('setting a route fails with a retryable error if Caddy can’t be reached', async () => {
  const admin = new FakeAdmin();
  admin.read = () => Promise.reject(new Error('connect ECONNREFUSED'));
  await expect(front(admin).settle('shop', wanted())).rejects.toMatchObject({
    text: 'front.unreachable',
    retryable: true,
  });
});
