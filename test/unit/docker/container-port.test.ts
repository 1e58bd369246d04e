import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createContainers } from '../../../src/activities/ports/docker/container-port.js';
import { layout } from '../../../src/contract/layout.js';
import { containerOf, FakeEngine, json } from '../../support/fake-engine.js';
import { HEALTH, SERVICE } from '../../support/host.js';
import { inlineUnpacker } from '../../support/inline-unpacker.js';
import { defaultNetwork, NO_LIMITS } from '../../support/no-engine.js';

const FACTS = { instanceId: 'c1', service: SERVICE, deploymentId: 'd1', kind: 'worker' as const, health: HEALTH };
const ORDER = { facts: FACTS, image: 'image', env: {}, secretNames: [] };

let engine: FakeEngine;
afterEach(() => {
  engine.close();
});

async function portOn(given: FakeEngine) {
  await given.join();
  const { docker } = given;
  return createContainers({
    docker: { calls: docker, streams: docker, looks: docker },
    layout: layout(given.folder),
    hostId: 'h1',
    limits: NO_LIMITS,
    networks: defaultNetwork(docker),
    unpacker: inlineUnpacker,
    masking: () => ({ mask: (text) => text, longest: 0 }),
    wantedBy: () => Promise.resolve(['c1']),
    log: { warn: () => undefined },
  });
}

it('a container whose start the engine failed is removed, and the next start creates a new container', async () => {
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
  await expect(containers.start(ORDER)).rejects.toThrow('already exists');
  expect(await containers.start(ORDER)).toMatchObject({ state: 'running' });
  expect(made).toBe(2);
});

describe('starts of containers', () => {
  const NAME_TAKEN = json({ message: 'Conflict. The container name "/slipway.c1" is already in use' }, 409);
  const NO_IMAGE = json({ message: 'No such image: image' }, 404);

  /** Of an engine in which an earlier try left a container in this state, if any. Returns what it was asked. */
  function engineWith(left: string | undefined, created: (res: ServerResponse) => void): string[] {
    let state = left;
    const calls: string[] = [];
    engine = new FakeEngine({
      '/containers/create': (res) => {
        calls.push('create');
        created(res);
        if (res.statusCode === 201) state = 'created';
      },
      '/containers/slipway.c1/json': (res) => {
        calls.push('inspect');
        (state === undefined ? json({ message: 'no such container' }, 404) : json(containerOf('c1', state)))(res);
      },
      '/containers/slipway.c1/start': (res) => {
        calls.push('start');
        state = 'running';
        res.writeHead(204).end();
      },
      '/containers/c1/logs': (res) => void res.end(),
    });
    return calls;
  }

  it('a start of a container needs only the engine calls create, start and inspect', async () => {
    const calls = engineWith(undefined, json({ Id: 'c1' }, 201));
    const containers = await portOn(engine);
    expect(await containers.start(ORDER)).toMatchObject({ state: 'running' });
    expect(calls.slice(0, 3)).toEqual(['create', 'start', 'inspect']); // then its output is followed
  });

  it.each([
    { left: 'created', state: 'running', starts: 1 },
    { left: 'running', state: 'running', starts: 0 },
    { left: 'exited', state: 'ended', starts: 0 },
  ])('a repeated start uses the container that an earlier attempt left $left', async ({ left, state, starts }) => {
    const calls = engineWith(left, NAME_TAKEN);
    const containers = await portOn(engine);
    expect(await containers.start(ORDER)).toMatchObject({ state });
    expect(calls.filter((call) => call === 'start')).toHaveLength(starts);
  });

  it('a repeated start finds the container of an earlier attempt although the image was deleted', async () => {
    engineWith('running', NO_IMAGE);
    const containers = await portOn(engine);
    expect(await containers.start(ORDER)).toMatchObject({ state: 'running' });
  });

  it('a start is retryable if the name is taken by a container that can’t be found', async () => {
    engineWith(undefined, NAME_TAKEN);
    const containers = await portOn(engine);
    await expect(containers.start(ORDER)).rejects.toMatchObject({ code: 'internal', retryable: true });
  });

  it('a start that the engine refuses fails with the reason of the refusal', async () => {
    engineWith(undefined, json({ message: 'No command specified' }, 400));
    const containers = await portOn(engine);
    await expect(containers.start(ORDER)).rejects.toMatchObject({ code: 'no_entry_point' });
  });
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

it('the exit of a killed container is read again until the engine reports that memory ran out', async () => {
  killedContainer(3);
  const containers = await portOn(engine);
  expect(await containers.readExit('c1')).toMatchObject({ code: 137, reason: 'out_of_memory' });
});

it('the exit of a killed container is returned after about a second without a reported cause', async () => {
  const looks = killedContainer(Infinity);
  const containers = await portOn(engine);
  expect(await containers.readExit('c1')).toMatchObject({ code: 137, reason: 'exited' });
  expect(looks()).toBeGreaterThan(1);
});

it('the exit of a container that Slipway stopped is read once', async () => {
  const looks = killedContainer(Infinity);
  const containers = await portOn(engine);
  await containers.requestStop('c1');
  const before = looks();
  expect(await containers.readExit('c1')).toMatchObject({ code: 137, reason: 'exited' });
  expect(looks()).toBe(before + 1);
});
