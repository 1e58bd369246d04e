// Sets the proxy's route of one service from the current state of its workflow. No other module changes routes.
import pTimeout from 'p-timeout';
import { SlipwayError } from '../contract/errors.js';
import type { FrontAddress } from '../contract/steps.js';
import type { ServiceView } from '../contract/views.js';
import type { EntitiesPort } from './ports/entities-port.js';
import type { FrontPort, Upstream, WantedRoute } from './ports/front-port.js';

/**
 * The time limit of a query. A service with a running worker answers within milliseconds. Other callers wait meanwhile.
 */
const ASK_WITHIN_MS = 4000;

export interface RoutingPorts {
  front: FrontPort;
  entities: Pick<EntitiesPort, 'readService' | 'readServices'>;
}

export interface Settled {
  /** The view from which the route was decided. */
  view: ServiceView;
  address: FrontAddress;
}

/** Sets the route. For a service without a route, removes it and returns undefined. */
export async function settleRoute(
  { front, entities }: RoutingPorts,
  hostId: string,
  service: string,
): Promise<Settled | undefined> {
  let view: ServiceView | undefined;
  const route = await front.settle(service, async () => {
    view = await soon(entities.readService(service));
    return view && wantedOf(view, hostId, entities);
  });
  return view && route && { view, address: { port: route.port, url: front.urlOf(route.port) } };
}

async function wantedOf(
  view: ServiceView,
  hostId: string,
  entities: RoutingPorts['entities'],
): Promise<WantedRoute | undefined> {
  const upstream = upstreamOf(view, hostId);
  if (upstream === undefined) return undefined;
  const keepPort = view.front?.port;
  return { upstream, keepPort, avoid: keepPort === undefined ? portsOf(await entities.readServices()) : new Set() };
}

/**
 * Returns undefined for a service that isn't behind a proxy of this host. A stopped app's port isn't used, because
 * another app may get it.
 */
export function upstreamOf({ host, front, port, status }: ServiceView, hostId: string): Upstream | undefined {
  if (host !== hostId || !front || port === undefined) return undefined;
  return front.shut || status === 'stopped' || status === 'error' ? 'nothing' : port;
}

function portsOf(views: readonly ServiceView[]): ReadonlySet<number> {
  return new Set(views.flatMap(({ front }) => front?.port ?? []));
}

/** Rejects after a time limit, because a query without a worker waits for a long time. */
const soon = <T>(pending: Promise<T>): Promise<T> =>
  pTimeout(pending, {
    milliseconds: ASK_WITHIN_MS,
    message: new SlipwayError('internal', { params: { reason: 'the service did not answer' }, retryable: true }),
  });
