import { expect, it } from '@jest/globals';
import type { ServiceView } from '../../../src/contract/views.js';
import { stopMovedInstances } from '../../../src/worker/moved-instances.js';
import { newService, serviceView } from '../../../src/workflows/service-state.js';
import { eventually } from '../../support/eventually.js';
import { createHost, SERVICE } from '../../support/host.js';
import { onTestFinished } from '../../support/jest/test-end.js';

const viewOn = (host: string | null, instance: string | null): ServiceView => ({
  ...serviceView(newService(SERVICE, new Date().toISOString())),
  host,
  instance,
});

const MOVED = viewOn('h2', `${SERVICE}.000002.d2`);

/** Looks again and again at an app that runs here. `asked`: what the service says when it is asked itself. */
async function looksAt(listed: ServiceView, asked: ServiceView | undefined, isWanted = false) {
  const host = createHost();
  const stopping = new AbortController();
  onTestFinished(() => {
    stopping.abort();
    return host.close();
  });
  const order = host.order('sleep 3600');
  const { instanceId } = order.facts;
  await host.processes.start(order);
  let looks = 0;
  const entities = {
    readHosts: () => Promise.resolve(['h1', 'h2']),
    readServices: () => Promise.resolve([listed].slice(0, (looks += 1))),
    readService: () => Promise.resolve(asked),
    readWanted: () => Promise.resolve(isWanted ? [instanceId] : ['other']),
  };
  const deps = { hostId: 'h1', entities, runtimes: [host.processes], log: { warn: () => undefined }, lookEveryMs: 20 };
  void stopMovedInstances(deps, stopping.signal);
  return {
    isAlive: () => Promise.resolve(host.processes.isAlive(instanceId)),
    hasLooked: () => eventually(() => looks > 3),
  };
}

it('an instance of a service that was deployed on another host is stopped', async () => {
  const { isAlive } = await looksAt(MOVED, MOVED);
  await eventually(async () => !(await isAlive()));
});

it.each([
  ['is on this host', viewOn('h1', 'other'), viewOn('h1', 'other')],
  ['is on no host', viewOn(null, null), viewOn(null, null)],
  ['moved back to this host after the listing', viewOn('h2', 'other'), viewOn('h1', 'other')],
  ['was unregistered after the listing', viewOn('h2', 'other'), undefined],
])('an instance of a service that %s isn’t stopped', async (_, listed, asked) => {
  const { isAlive, hasLooked } = await looksAt(listed, asked);
  await hasLooked();
  expect(await isAlive()).toBe(true);
});

it('a candidate of a service of a lost host isn’t stopped', async () => {
  const { isAlive, hasLooked } = await looksAt(MOVED, MOVED, true);
  await hasLooked();
  expect(await isAlive()).toBe(true);
});
