import { afterEach, expect, it } from 'vitest';
import { createContainers } from '../../../src/activities/ports/docker/container-port.js';
import { layout } from '../../../src/contract/layout.js';
import { containerOf, FakeEngine, json } from '../../support/fake-engine.js';
import { HEALTH, SERVICE } from '../../support/host.js';

let engine: FakeEngine;
afterEach(() => {
  engine.close();
});

it('a container that the engine broke in its start is not kept: the next try makes another', async () => {
  let made = 0;
  let state: string | undefined;
  const gone = json({ message: 'no such container' }, 404);
  engine = new FakeEngine({
    '/containers/create': (res) => {
      made += 1;
      state = 'created';
      json({ Id: `made-${made}` }, 201)(res);
    },
    '/containers/slipway.c1/json': (res) => {
      (state === undefined ? gone : json(containerOf('c1', state)))(res);
    },
    '/containers/slipway.c1/start': (res) => {
      if (made === 1) return json({ message: 'task c1: already exists' }, 500)(res);
      state = 'running';
      res.writeHead(204).end();
    },
    '/containers/slipway.c1': (res) => {
      state = undefined;
      res.writeHead(204).end();
    },
    '/containers/c1/logs': (res) => void res.end(),
  });
  await engine.join();
  const { docker } = engine;
  const containers = createContainers({
    docker: { calls: docker, streams: docker },
    layout: layout(engine.folder),
    hostId: 'h1',
    masking: () => ({ mask: (text) => text, longest: 0 }),
    log: { warn: () => undefined },
  });
  const facts = { instanceId: 'c1', service: SERVICE, deploymentId: 'd1', kind: 'worker' as const, health: HEALTH };
  const order = { facts, image: 'image', env: {}, secretNames: [] };
  await expect(containers.start(order)).rejects.toThrow('already exists');
  expect(await containers.start(order)).toMatchObject({ state: 'running' });
  expect(made).toBe(2);
});
