import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { portsOf, routeOf, serverOf, serversOf, writeOf } from '../../../../../src/activities/ports/caddy/server.js';
import type { FrontRoute } from '../../../../../src/activities/ports/front-port.js';

const port = fc.integer({ min: 1, max: 65_535 });
const route: fc.Arbitrary<FrontRoute> = fc.record({ port, upstream: fc.oneof(port, fc.constant('nothing' as const)) });
const host = fc.constantFrom('127.0.0.1', '0.0.0.0', '::1', 'front.internal');
const caddy = (value: unknown): never => JSON.parse(JSON.stringify(value)) as never; // as it comes back

describe('Caddy routes', () => {
  it('a written route is read back unchanged at its own address and isn’t found at another address', () => {
    fc.assert(
      fc.property(route, host, (written, at) => {
        const server = caddy(serverOf(written, at));
        expect(routeOf(server, at)).toEqual(written);
        expect(routeOf(server, 'another')).toBeUndefined();
      }),
    );
  });

  it('a route that was changed outside Slipway isn’t recognized', () => {
    const server = serverOf({ port: 20_000, upstream: 31_000 }, '127.0.0.1');
    expect(routeOf({ ...server, routes: server.routes?.slice(1) }, '127.0.0.1')).toBeUndefined();
    expect(routeOf({ ...server, listen: [':20000'] }, '127.0.0.1')).toBeUndefined();
    expect(routeOf({}, '127.0.0.1')).toBeUndefined();
  });
});

it.each<[string, number[]]>([
  [':443', [443]],
  ['127.0.0.1:20000', [20_000]],
  ['tcp/[::1]:8000-8002', [8000, 8001, 8002]],
  ['unix//run/app.sock', []],
  ['localhost', []],
])('the ports of the listen address %s are parsed', (address, ports) => {
  expect(portsOf(address)).toEqual(ports);
});

describe('writes to Caddy’s configuration', () => {
  const server = serverOf({ port: 20_000, upstream: 31_000 }, '127.0.0.1');
  it.each<[string, unknown, string]>([
    ['no value', null, '/config/'],
    ['no apps', { admin: {} }, '/config/apps'],
    ['empty apps', { apps: null }, '/config/apps'],
    ['no HTTP app', { apps: { tls: {} } }, '/config/apps/http'],
    ['no servers', { apps: { http: { http_port: 80 } } }, '/config/apps/http/servers'],
    ['other servers', { apps: { http: { servers: { own: {} } } } }, '/config/apps/http/servers/mine'],
    ['the same server', { apps: { http: { servers: { mine: {} } } } }, '/config/apps/http/servers/mine'],
  ])('a write to a configuration with %s sets only the first missing level', (_what, config, path) => {
    const write = writeOf(config as never, 'mine', server);
    expect(write.path).toBe(path);
    const levels = path.split('/').filter((level) => level !== '' && level !== 'config');
    const whole = levels.reduceRight<object>((inner, level) => ({ [level]: inner }), write.value);
    expect(serversOf(whole)).toEqual({ mine: server });
  });
});
