import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { createGarbageCollection } from '../../src/activities/garbage-collection.js';
import { createEngine } from '../../src/activities/ports/docker/engine.js';
import { contextTar } from '../../src/activities/ports/docker/context-tar.js';
import { LABELS, labelsOf } from '../../src/activities/ports/docker/labels.js';
import { createServiceNetworks } from '../../src/activities/ports/docker/service-networks.js';
import { act } from '../support/act.js';
import { createCleaningHost } from '../support/garbage-collection.js';
import { missing } from '../support/docker-stage.js';
import { BASE_IMAGE, docker, ownedBy, removeAllOf, SUBNETS } from '../support/engine.js';
import { inlineUnpacker } from '../support/inline-unpacker.js';
import { describeIf } from '../support/jest/conditions.js';
import { NO_LIMITS } from '../support/no-engine.js';

const hostId = `cleaning-${randomBytes(4).toString('hex')}`;
const networks = createServiceNetworks({ docker, hostId, subnets: SUBNETS });
const engine = createEngine({
  docker: { calls: docker, streams: docker, looks: docker },
  limits: NO_LIMITS,
  networks,
  unpacker: inlineUnpacker,
});
afterEach(() => removeAllOf(hostId));

const fails = () => Promise.reject(new Error('nothing was to be undone'));

async function image(tag: string): Promise<void> {
  const outcome = await engine.build({
    context: contextTar('/nowhere', [], { Dockerfile: `FROM ${BASE_IMAGE}\nLABEL of=${tag}\n` }),
    dockerfile: 'Dockerfile',
    tag,
    labels: labelsOf(hostId, 'shop', 'd1'),
    buildArgs: {},
    secrets: {},
    buildKit: true,
    anew: false,
    signal: AbortSignal.timeout(60_000),
    onLines: () => Promise.resolve(),
  });
  expect(outcome).toEqual({ kind: 'built' });
}
async function container(name: string, labels: Record<string, string>): Promise<void> {
  const made = await docker.createContainer({
    Image: BASE_IMAGE,
    name,
    Cmd: ['sleep', '600'],
    Labels: labels,
  });
  await made.start();
}

describeIf(missing === undefined)('garbage collection in the Docker engine', () => {
  it('garbage collection removes unused images and containers of ended deployments, and keeps apps and used images', async () => {
    const { ports, settings, owned, entities, layout } = createCleaningHost();
    mkdirSync(join(layout.releases, 'shop/d1'), { recursive: true });
    owned['shop'] = { d1: 'docker-kept' };
    await image('slipway/shop:docker-kept');
    await image('slipway/shop:docker-left');
    const app = `shop.000001.${hostId}`;
    await container(`slipway.release.${hostId}`, { ...labelsOf(hostId, 'shop', 'd0'), [LABELS.instance]: '' });
    await container(`slipway.seed.${hostId}`, labelsOf(hostId, 'shop', 'd0')); // of an earlier version
    await container(`slipway.${app}`, { ...labelsOf(hostId, 'shop', 'd1'), [LABELS.instance]: app });
    await container(`by-hand.${hostId}`, labelsOf(hostId, 'shop', 'd0')); // a person started it from the image

    const round = () => createGarbageCollection({ ...ports, engine }, { ...settings, hostId }).cleanHost();
    entities.readInFlight = () => Promise.resolve(['d0']);
    await act(round);
    expect((await ownedBy(hostId)).containers).toHaveLength(4);

    entities.readInFlight = () => Promise.resolve<string[]>([]);
    await act(round);
    const { containers, images } = await ownedBy(hostId);
    expect(containers.flatMap(({ Names }) => Names).sort()).toEqual([`/by-hand.${hostId}`, `/slipway.${app}`]);
    expect(images.flatMap(({ RepoTags }) => RepoTags)).toEqual(['slipway/shop:docker-kept']);
  });

  it('garbage collection removes the network of a removed service once no deployment of that service is in flight', async () => {
    const { ports, settings, owned, entities, layout } = createCleaningHost();
    mkdirSync(join(layout.releases, 'gone/d0'), { recursive: true });
    owned['shop'] = {};
    for (const service of ['shop', 'gone']) await networks.with(service, () => Promise.resolve(), fails);
    const round = () => createGarbageCollection({ ...ports, engine }, { ...settings, hostId }).cleanHost();
    entities.readInFlight = () => Promise.resolve(['d0']);
    await act(round);
    expect(await networks.services()).toHaveLength(2);
    entities.readInFlight = () => Promise.resolve(['d1']); // of another service
    await act(round);
    expect(await networks.services()).toEqual(['shop']);
  });
});
