// Keeps the front proxy's routes up to date with the services, also after the proxy or Slipway restarts or loses its
// state.
import { settleRoute, upstreamOf, type RoutingPorts } from '../activities/front-route.js';
import type { FrontRoute } from '../activities/ports/front-port.js';
import type { ServiceView } from '../contract/views.js';
import { passed } from '../waiting.js';
import type { Report } from './reporter.js';

/** The longest time that a proxy which lost its routes is without them. */
const EVERY_MS = 2000;

interface ReconcilerDeps extends RoutingPorts {
  hostId: string;
  report: Report;
  log: { info(facts: object, message: string): void; warn(facts: object, message: string): void };
  everyMs?: number;
}

export interface FrontReconciler {
  start(): void;
  /** Resolves when no call to the proxy is under way. */
  stop(): Promise<void>;
}

export function createFrontReconciler(deps: ReconcilerDeps): FrontReconciler {
  const { front, entities, hostId, report, log, everyMs = EVERY_MS } = deps;
  const stopping = new AbortController();
  let rounds: Promise<void> = Promise.resolve();
  let isAway = false;

  return {
    start() {
      rounds = goRound();
    },
    async stop() {
      stopping.abort();
      await rounds;
    },
  };

  async function goRound(): Promise<void> {
    while (!stopping.signal.aborted) {
      await look();
      await passed(everyMs, stopping.signal);
    }
  }

  /** Compares all routes with the services. A proxy that is away is logged once, and once more when it is back. */
  async function look(): Promise<void> {
    try {
      const routes = await front.readRoutes();
      const views = new Map((await entities.readServices()).map((view) => [view.name, view]));
      if (isAway) log.info({}, 'the front proxy can be reached again');
      isAway = false;
      for (const service of new Set([...routes.keys(), ...views.keys()])) {
        if (!isRight(service, views.get(service), routes)) await settle(service);
      }
    } catch (error) {
      if (!isAway) log.warn({ err: error }, 'the routes of the front proxy could not be looked at');
      isAway = true;
    }
  }

  /**
   * Compares a route with the last list of services. The list lags, so a difference only makes `settle` query the
   * service.
   */
  function isRight(
    service: string,
    view: ServiceView | undefined,
    routes: ReadonlyMap<string, FrontRoute | undefined>,
  ): boolean {
    const upstream = view && upstreamOf(view, hostId);
    const route = routes.get(service);
    if (!view || upstream === undefined) return !routes.has(service);
    return route?.upstream === upstream && route.port === view.front?.port && view.url === front.urlOf(route.port);
  }

  async function settle(service: string): Promise<void> {
    if (stopping.signal.aborted) return;
    try {
      const settled = await settleRoute({ front, entities }, hostId, service);
      log.info({ service, address: settled?.address ?? null }, 'the route of a service was looked after');
      if (!settled) return;
      const { view, address } = settled;
      if (view.instance === null || (view.url === address.url && view.front?.port === address.port)) return;
      await report(service, { kind: 'routed', instanceId: view.instance, address });
    } catch (error) {
      log.warn({ service, err: error }, 'the route of a service could not be set yet');
    }
  }
}
