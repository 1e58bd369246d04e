// A route as Caddy holds it: one HTTP server of its own. Pure.
import { isDeepStrictEqual } from 'node:util';
import type { FrontRoute } from '../front-port.js';

/** Caddy's configuration, as far as it concerns us; any part may be absent, and all of it. */
export interface CaddyConfig {
  apps?: { http?: { servers?: Record<string, CaddyServer> | null } | null } | null;
}
export interface CaddyServer {
  listen?: string[];
  routes?: unknown[];
}

/** An app that is started again in its place is back within this long: its requests wait for it. */
const WAIT_FOR_APP = '5s';
const TRY_AGAIN = '100ms';
/** A site of this or another proxy before the stable port: what it says of its client and of https is passed on. */
const BEFORE_US = ['127.0.0.0/8', '::1/128'];

/**
 * No connection is kept, on neither side. A change of Caddy's configuration closes those that idle: a client that just
 * sends on one gets no answer. And those to an app would stay open for minutes, as if a request were. But one that was
 * upgraded is the app's to end.
 * Never with `flush_interval` -1: Caddy then cuts every open request at a change. Streams it flushes at once by itself.
 */
export function serverOf({ port, upstream }: FrontRoute, host: string): CaddyServer {
  const closing = {
    match: [{ not: [{ header: { Upgrade: ['*'] } }] }],
    handle: [{ handler: 'headers', response: { set: { Connection: ['close'] } } }],
  };
  return {
    listen: [`${bracketed(host)}:${port}`],
    automatic_https: { disable: true },
    routes: [closing, { handle: [upstream === 'nothing' ? stopped() : proxyTo(upstream)] }],
  } as CaddyServer;
}

/** The only reading of it: whatever is not as we would write it is written anew. */
export function routeOf(server: CaddyServer, host: string): FrontRoute | undefined {
  const port = server.listen?.map(portsOf).flat()[0];
  const dial = /"dial":"127\.0\.0\.1:(\d+)"/.exec(JSON.stringify(server.routes))?.[1];
  if (port === undefined) return undefined;
  const route: FrontRoute = { port, upstream: dial === undefined ? 'nothing' : Number(dial) };
  return isDeepStrictEqual(server, serverOf(route, host)) ? route : undefined;
}

function proxyTo(port: number): object {
  return {
    handler: 'reverse_proxy',
    upstreams: [{ dial: `127.0.0.1:${port}` }],
    trusted_proxies: BEFORE_US,
    transport: { protocol: 'http', keep_alive: { enabled: false } },
    load_balancing: { try_duration: WAIT_FOR_APP, try_interval: TRY_AGAIN },
  };
}

/** The port stays the service's. */
function stopped(): object {
  return { handler: 'static_response', status_code: 503, body: 'The service is stopped.\n' };
}

/** Those of one address, which may be a range: `:443`, `tcp/127.0.0.1:8000-8010`. None of a socket's path. */
export function portsOf(address: string): number[] {
  const [, first, last = first] = /:(\d+)(?:-(\d+))?$/.exec(address) ?? [];
  if (first === undefined) return [];
  return Array.from({ length: Math.max(0, Number(last) - Number(first) + 1) }, (_, i) => Number(first) + i);
}

export const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

export const serversOf = (config: CaddyConfig | null): Record<string, CaddyServer> => config?.apps?.http?.servers ?? {};

export interface Write {
  path: string;
  value: object;
}

/** Caddy makes no level of its configuration that is missing, but the last: so the first that is missing is set whole. */
export function writeOf(config: CaddyConfig | null, name: string, server: CaddyServer): Write {
  const levels = ['apps', 'http', 'servers', name];
  let at: unknown = config;
  let depth = 0;
  while (depth < levels.length - 1 && isObject(at) && isObject(at[levels[depth] ?? ''])) {
    at = at[levels[depth] ?? ''];
    depth += 1;
  }
  if (!isObject(at)) return { path: '/config/', value: nested(levels, server) };
  return { path: `/config/${levels.slice(0, depth + 1).join('/')}`, value: nested(levels.slice(depth + 1), server) };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const nested = (levels: string[], value: object): object =>
  levels.reduceRight<object>((inner, level) => ({ [level]: inner }), value);
