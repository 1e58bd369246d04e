import { expect, it } from '@jest/globals';
import type { FrontRoute } from '../../../src/activities/ports/front-port.js';
import type { Observation } from '../../../src/contract/messages.js';
import type { ServiceView } from '../../../src/contract/views.js';
import { createFrontReconciler } from '../../../src/worker/front-reconciler.js';
import { eventually } from '../../support/eventually.js';

const view = (name: string, changes: Partial<ServiceView> = {}): ServiceView =>
  ({
    name,
    host: 'h1',
    status: 'running',
    instance: `${name}.1`,
    port: 31_000,
    url: 'http://front:20000',
    front: { port: 20_000 },
    ...changes,
  }) as ServiceView;

/** Runs until `rounds` looks were made. */
async function reconcile(
  routes: Record<string, FrontRoute | undefined>,
  memos: ServiceView[],
  { rounds = 2, truth = memos, isAway = (): boolean => false } = {},
) {
  const settled: string[] = [];
  const told: [string, Observation][] = [];
  const logged: string[] = [];
  let looks = 0;
  const reconciler = createFrontReconciler({
    hostId: 'h1',
    everyMs: 1,
    front: {
      urlOf: (port) => `http://front:${port}`,
      readRoutes: () => {
        looks += 1;
        return isAway() ? Promise.reject(new Error('away')) : Promise.resolve(new Map(Object.entries(routes)));
      },
      settle: async (service, decide) => {
        settled.push(service);
        const wanted = await decide();
        if (!wanted) {
          Reflect.deleteProperty(routes, service);
          return undefined;
        }
        return (routes[service] = { port: wanted.keepPort ?? 20_000, upstream: wanted.upstream });
      },
    },
    entities: {
      readServices: () => Promise.resolve(memos),
      readService: (service) => Promise.resolve(truth.find(({ name }) => name === service)),
    },
    report: (service, observation) => {
      told.push([service, observation]);
      return Promise.resolve('accepted');
    },
    log: { info: (_facts, line) => logged.push(line), warn: (_facts, line) => logged.push(line) },
  });
  reconciler.start();
  await eventually(() => looks >= rounds);
  await reconciler.stop();
  return { settled, told, logged, routes };
}

it('correct routes and services without a route on this host aren’t changed', async () => {
  const right = { port: 20_000, upstream: 31_000 };
  const services = [view('right'), view('elsewhere', { host: 'h2' }), view('bot', { front: undefined })];
  expect((await reconcile({ right }, services)).settled).toEqual([]);
});

it('missing and different routes are set, and routes without a service are removed', async () => {
  const different = { port: 20_000, upstream: 1 };
  const { routes } = await reconcile({ different, altered: undefined, gone: different }, [
    view('missing'),
    view('different'),
    view('altered'),
  ]);
  const right = { port: 20_000, upstream: 31_000 };
  expect(routes).toEqual({ missing: right, different: right, altered: right });
});

it('a route is set according to the current view of the service rather than its memo', async () => {
  const right = { port: 20_000, upstream: 31_001 };
  const { settled, routes } = await reconcile({ shop: right }, [view('shop')], {
    truth: [view('shop', { port: 31_001 })],
  });
  expect(settled[0]).toBe('shop');
  expect(routes).toEqual({ shop: right });
});

it('a service is notified about an address that isn’t in its view', async () => {
  const { told } = await reconcile({}, [view('shop', { url: 'http://127.0.0.1:31000', front: {} })], { rounds: 1 });
  const address = { port: 20_000, url: 'http://front:20000' };
  expect(told[0]).toEqual(['shop', { kind: 'routed', instanceId: 'shop.1', address }]);
});

it('an unreachable proxy is logged once, and its return is logged once', async () => {
  let looks = 0;
  const { logged } = await reconcile({}, [], { rounds: 6, isAway: () => (looks += 1) <= 3 });
  expect(logged).toEqual([expect.stringMatching(/could not be looked at/), expect.stringMatching(/again/)]);
});
