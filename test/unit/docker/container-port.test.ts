import { afterEach, expect, it } from 'vitest';
import { createContainers } from '../../../src/activities/ports/docker/container-port.js';
import { layout } from '../../../src/contract/layout.js';
import { containerOf, FakeEngine, json } from '../../support/fake-engine.js';
import { HEALTH, SERVICE } from '../../support/host.js';

let engine: FakeEngine;
afterEach(() => {
  engine.close();
});

async function portOn(given: FakeEngine) {
  await given.join();
  const { docker } = given;
  return createContainers({
    docker: { calls: docker, streams: docker },
    layout: layout(given.folder),
    hostId: 'h1',
    masking: () => ({ mask: (text) => text, longest: 0 }),
    log: { warn: () => undefined },
  });
}

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
  const containers = await portOn(engine);
  const facts = { instanceId: 'c1', service: SERVICE, deploymentId: 'd1', kind: 'worker' as const, health: HEALTH };
  const order = { facts, image: 'image', env: {}, secretNames: [] };
  await expect(containers.start(order)).rejects.toThrow('already exists');
  expect(await containers.start(order)).toMatchObject({ state: 'running' });
  expect(made).toBe(2);
});

/** It was killed, by the engine's clock an hour from now, and the engine hears why at a later look. */
function killedContainer(lookWithCause: number) {
  let looks = 0;
  const FinishedAt = new Date(Date.now() + 3_600_000).toISOString();
  engine = new FakeEngine({
    '/containers/slipway.c1/json': (res) => {
      looks += 1;
      const State = {
        Status: 'exited',
        StartedAt: FinishedAt,
        FinishedAt,
        ExitCode: 137,
        OOMKilled: looks >= lookWithCause,
      };
      json({ ...containerOf('c1'), State, HostConfig: { Memory: 64 * 1024 ** 2 } })(res);
    },
  });
  return () => looks;
}

it('of a container that was killed the cause is waited for', async () => {
  killedContainer(3);
  const containers = await portOn(engine);
  expect(await containers.readExit('c1')).toMatchObject({ code: 137, reason: 'out_of_memory' });
});

it('but no longer than a second', async () => {
  const looks = killedContainer(Infinity);
  const containers = await portOn(engine);
  expect(await containers.readExit('c1')).toMatchObject({ code: 137, reason: 'exited' });
  expect(looks()).toBeGreaterThan(1);
});

it('and not at all of one whose end is Slipway’s own doing', async () => {
  const looks = killedContainer(Infinity);
  const containers = await portOn(engine);
  await containers.requestStop('c1');
  const before = looks();
  expect(await containers.readExit('c1')).toMatchObject({ code: 137, reason: 'exited' });
  expect(looks()).toBe(before + 1);
});
