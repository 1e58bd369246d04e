// The front port with Caddy: a server for each service, whose name contains the host's id. Other servers aren't
// changed.
import { Mutex } from 'async-mutex';
import { SlipwayError } from '../../../contract/errors.js';
import type { FrontPort, FrontRoute, WantedRoute } from '../front-port.js';
import { canListen } from '../listening.js';
import type { CaddyAdmin, ReadConfig, Written } from './admin.js';
import { bracketed, portsOf, routeOf, serverOf, serversOf, writeOf } from './server.js';

/**
 * The number of attempts. Other programs may change the configuration, or hold ports that no configuration contains.
 */
const MOST_TRIES = 20;

export interface FrontSettings {
  /** The host on which the stable ports listen, and which their addresses contain. */
  host: string;
  ports: { first: number; last: number };
  hostId: string;
}

export function createCaddyFront(admin: CaddyAdmin, { host, ports, hostId }: FrontSettings): FrontPort {
  const prefix = `slipway.${hostId}.`; // neither a host's id nor a service's name contains a dot
  const nameOf = (service: string): string => prefix + service;
  const mutex = new Mutex();

  return {
    urlOf: (port) => `http://${bracketed(host)}:${port}`,

    async readRoutes() {
      const servers = serversOf((await reached(admin.read())).config);
      const ours = Object.entries(servers).filter(([name]) => name.startsWith(prefix));
      return new Map(ours.map(([name, server]) => [name.slice(prefix.length), routeOf(server, host)]));
    },

    settle: (service, decide) => mutex.runExclusive(() => settle(service, decide)),
  };

  async function settle(
    service: string,
    decide: () => Promise<WantedRoute | undefined>,
  ): Promise<FrontRoute | undefined> {
    const unusable = new Set<number>();
    let refused = '';
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const before = await reached(admin.read()); // before the decision: see `settle` of the port
      const wanted = await decide();
      if (!wanted) {
        const removed = await reached(remove(before, service));
        if (removed === 'written') return undefined;
        if (removed !== 'stale') refused = removed.refused;
        continue;
      }
      const route = { port: await portFor(before, service, wanted, unusable), upstream: wanted.upstream };
      const written = await reached(set(before, service, route));
      if (written === 'written') return route;
      if (written === 'stale') continue;
      refused = written.refused;
      if (route.port === wanted.keepPort) break; // the port is permanent, so the program that holds it has to stop
      unusable.add(route.port);
    }
    throw unset(`Caddy refused the route of ${service}: ${refused || 'its configuration never stands still'}`);
  }

  async function set({ config, etag }: ReadConfig, service: string, route: FrontRoute): Promise<Written> {
    const name = nameOf(service);
    const there = serversOf(config)[name];
    const isThere = there && routeOf(there, host);
    if (isThere?.port === route.port && isThere.upstream === route.upstream) return 'written';
    return admin.write(writeOf(config, name, serverOf(route, host)), etag);
  }

  async function remove({ config, etag }: ReadConfig, service: string): Promise<Written> {
    const name = nameOf(service);
    return name in serversOf(config) ? admin.remove(`/config/apps/http/servers/${name}`, etag) : 'written';
  }

  /** Returns the service's own port, the port of a route that is still there, or the first free port. */
  async function portFor(
    { config }: ReadConfig,
    service: string,
    { keepPort, avoid }: WantedRoute,
    unusable: ReadonlySet<number>,
  ): Promise<number> {
    if (keepPort !== undefined) return keepPort;
    const { [nameOf(service)]: own, ...others } = serversOf(config);
    const [ownPort] = (own?.listen ?? []).flatMap(portsOf);
    if (ownPort !== undefined && !unusable.has(ownPort)) return ownPort;
    const taken = new Set(Object.values(others).flatMap(({ listen = [] }) => listen.flatMap(portsOf)));
    for (let port = ports.first; port <= ports.last; port += 1) {
      if (!taken.has(port) && !avoid.has(port) && !unusable.has(port) && (await canListen(port, host))) return port;
    }
    throw unset(`every port from ${ports.first} to ${ports.last} is taken (SLIPWAY_FRONT_PORTS names others)`);
  }
}

const unset = (reason: string): SlipwayError =>
  new SlipwayError('internal', { text: 'front.not_set', params: { reason }, retryable: true });

async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SlipwayError('internal', { text: 'front.unreachable', params: { reason }, retryable: true, cause });
  }
}
