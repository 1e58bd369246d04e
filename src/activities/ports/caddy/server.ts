// Builds and reads a route in Caddy's configuration: one HTTP server for each route. Pure.
import { isDeepStrictEqual } from 'node:util';
import type { FrontRoute } from '../front-port.js';

/** The part of Caddy's configuration that Slipway uses. Any part may be absent. */
export interface CaddyConfig {
  apps?: { http?: { servers?: Record<string, CaddyServer> | null } | null } | null;
}
export interface CaddyServer {
  listen?: string[];
  routes?: unknown[];
}

/** The time for which requests wait for an app that is restarted in its place. */
const WAIT_FOR_APP = '5s';
const TRY_AGAIN = '100ms';
/** The addresses of a proxy in front of the stable port. Its headers about the client and https are passed on. */
const BEFORE_US = ['127.0.0.0/8', '::1/128'];

/**
 * Returns the server of a route. Connections to clients and apps aren't kept open. A change of Caddy's configuration
 * closes idle connections, so a client that is just sending would get no answer. Idle connections to an app would stay
 * open for minutes, and count as requests. The app itself ends an upgraded connection. `flush_interval` must not be -1:
 * Caddy would then cut every open request at a change. Caddy flushes streams immediately without it.
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

/**
 * Reads a route. Returns undefined for a server that differs from the one that Slipway would write; it is then written
 * again.
 */
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

/** Returns a handler for a stopped service, which keeps its port. */
function stopped(): object {
  return { handler: 'static_response', status_code: 503, body: 'The service is stopped.\n' };
}

/**
 * Returns the ports of an address, which may be a range: `:443`, `tcp/127.0.0.1:8000-8010`. Empty for the path of a
 * socket.
 */
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

/**
 * Returns the write for a server. Caddy creates only the last level of a path, so the first missing level is written as
 * a whole.
 */
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
