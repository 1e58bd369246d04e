// Networks of services, made and removed in a real engine.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, expect, it } from '@jest/globals';
import { createContainers } from '../../src/activities/ports/docker/container-port.js';
import {
  createServiceNetworks,
  type NetworkDeps,
  type ServiceNetworks,
} from '../../src/activities/ports/docker/service-networks.js';
import { LABELS } from '../../src/activities/ports/docker/labels.js';
import { layout } from '../../src/contract/layout.js';
import { missing } from '../support/docker-stage.js';
import { BASE_IMAGE, docker, ownedBy, removeAllOf, SUBNETS } from '../support/engine.js';
import { HEALTH } from '../support/host.js';
import { inlineUnpacker } from '../support/inline-unpacker.js';
import { describeIf } from '../support/jest/conditions.js';
import { NO_LIMITS } from '../support/no-engine.js';

const hostId = `networks-${randomBytes(4).toString('hex')}`;
const networksOf = (changes: Partial<NetworkDeps> = {}) =>
  createServiceNetworks({ docker, hostId, subnets: SUBNETS, ...changes });
const idFor = (service: string, networks = networksOf()): Promise<string | undefined> =>
  networks.with(
    service,
    (id) => Promise.resolve(id),
    () => Promise.reject(new Error('nothing was to be undone')),
  );

const deps = {
  docker: { calls: docker, streams: docker, looks: docker },
  layout: layout('/nowhere'),
  hostId,
  limits: NO_LIMITS,
  networks: networksOf(),
  unpacker: inlineUnpacker,
  masking: () => ({ mask: (text: string) => text, longest: 0 }),
  wantedBy: () => Promise.resolve([]),
  log: { warn: () => undefined },
};
const containers = createContainers(deps);
const order = (service: string) => ({
  facts: { instanceId: `${service}.${hostId}`, service, deploymentId: 'd1', kind: 'worker' as const, health: HEALTH },
  image: BASE_IMAGE,
  command: 'sleep 600',
  env: {},
  secretNames: [],
});
const networkIdOf = async (service: string): Promise<string | undefined> => {
  const { NetworkSettings } = await docker.getContainer(`slipway.${service}.${hostId}`).inspect();
  return Object.values(NetworkSettings.Networks)[0]?.NetworkID;
};

describeIf(missing === undefined)('service networks', () => {
  beforeAll(() => removeAllOf(hostId));
  afterEach(() => removeAllOf(hostId));

  it('concurrent calls from several workers create one network for each service', async () => {
    const services = ['a', 'b', 'c', 'd'];
    const workers = [networksOf(), networksOf(), networksOf()];
    const calls = services.flatMap((service) =>
      workers.map(async (worker) => ({ service, id: await idFor(service, worker) })),
    );
    const made = await Promise.all(calls);
    for (const service of services) {
      const again = await idFor(service);
      expect(made.filter((call) => call.service === service).map(({ id }) => id)).toContain(again);
    }
    const { networks } = await ownedBy(hostId);
    expect(networks.map(({ Labels }) => Labels![LABELS.service]).sort()).toEqual(services);
    expect(new Set(networks.map(({ IPAM }) => IPAM!.Config![0]!.Subnet)).size).toBe(services.length);
  });

  it('a new network skips subnets that the host has a route to', async () => {
    const routes =
      '\n' + ['0000CE0A', '1000CE0A'].map((to) => `eth1\t${to}\t0\t1\t0\t0\t0\tF0FFFFFF\t0\t0\t0`).join('\n');
    await idFor(
      'a',
      networksOf({ subnets: ['10.206.0.0/27', '10.206.0.32/28'], readRoutes: () => Promise.resolve(routes) }),
    );
    const { networks } = await ownedBy(hostId);
    expect(networks.map(({ IPAM }) => IPAM!.Config![0]!.Subnet)).toEqual(['10.206.0.32/28']);
  });

  it('an exhausted address range returns an error that names the range', async () => {
    const networks = networksOf({ subnets: ['10.206.0.0/28'] });
    await idFor('a', networks);
    await expect(idFor('b', networks)).rejects.toMatchObject({
      code: 'engine_unavailable',
      text: 'docker.no_subnet',
      params: { ranges: '10.206.0.0/28' },
    });
    expect(await networks.services()).toEqual(['a']);
  });

  it('a container is created again in a new network if its network was removed right before its start', async () => {
    const networks = networksOf();
    const seen: (string | undefined)[] = [];
    const removedOnce: ServiceNetworks = {
      ...networks,
      with: (service, work, undo) =>
        networks.with(
          service,
          async (id) => {
            seen.push(id);
            if (seen.length === 1) await networks.remove(service);
            return work(id);
          },
          undo,
        ),
    };
    const port = createContainers({ ...deps, networks: removedOnce });
    expect(await port.start(order('a'))).toMatchObject({ state: 'running' });
    expect(seen).toHaveLength(2);
    expect(await networkIdOf('a')).toBe(await idFor('a'));
  });

  it('a network with a running container isn’t removed', async () => {
    await containers.start(order('a'));
    await networksOf().remove('a');
    expect(await networksOf().services()).toEqual(['a']);
  });

  it('a service uses the engine’s default network if no address ranges are set', async () => {
    expect(await idFor('a', networksOf({ subnets: [] }))).toBeUndefined();
    expect(await networksOf().services()).toEqual([]);
  });
});
