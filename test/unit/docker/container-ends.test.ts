import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createContainerEnds, type ContainerEnds } from '../../../src/activities/ports/docker/container-ends.js';
import { createLookup } from '../../../src/activities/ports/docker/container-lookup.js';
import { LABELS } from '../../../src/activities/ports/docker/labels.js';
import { eventually } from '../../support/eventually.js';
import { SERVICE } from '../../support/host.js';
import { containerOf, FakeEngine, json } from '../../support/fake-engine.js';

let engine: FakeEngine;
/** New connections of it: an engine that ends takes none. */
let door: FakeEngine;
let ends: ContainerEnds;
let listeners: Set<ServerResponse>;
let warnings: string[];
let following: AbortController;
let wantedBy: (service: string) => Promise<string[]>;

beforeEach(async () => {
  listeners = new Set();
  warnings = [];
  following = new AbortController();
  wantedBy = () => Promise.resolve(['c1']);
  engine = new FakeEngine({
    '/containers/slipway.c1/json': json(containerOf('c1')),
    '/containers/json': json([containerOf('c1')]),
    '/events': (res) => {
      res.writeHead(200).flushHeaders();
      listeners.add(res);
      res.on('close', () => listeners.delete(res));
    },
  });
  await engine.join();
  door = new FakeEngine({ '/_ping': (res) => void res.end('OK') });
  await door.join();
  const { docker } = engine;
  const lookup = createLookup(docker, 'h1');
  const log = { warn: (_: object, message: string) => void warnings.push(message) };
  ends = createContainerEnds({
    docker: { calls: docker, streams: docker, looks: door.docker },
    lookup,
    hostId: 'h1',
    lastLines: () => Promise.resolve(),
    wantedBy: (service) => wantedBy(service),
    askedForMs: 100,
    log,
  });
});
afterEach(() => {
  following.abort();
  engine.close();
  door.close();
});

const say = (Action: string, name = 'slipway.c1', label = 'c1'): void => {
  const event = JSON.stringify({ Action, Actor: { Attributes: { name, [LABELS.instance]: label } } });
  for (const listener of listeners) listener.write(`${event}\n`);
};

/** The engine signals the container, and is gone before it tells of its end. Returns whether it was started again. */
async function endUnheard(): Promise<() => boolean> {
  void ends.follow(following.signal, () => undefined);
  await eventually(() => listeners.size === 1);
  engine.answers['/containers/slipway.c1/json'] = json(containerOf('c1', 'exited'));
  let started = false;
  engine.answers['/containers/slipway.c1/start'] = (res) => {
    started = true;
    res.writeHead(204).end();
  };
  say('kill');
  for (const listener of listeners) listener.end();
  return () => started;
}

it('events are followed once after a failed listing, and a container that stops with its engine isn’t reported as ended', async () => {
  let gone = false;
  let looks = 0;
  const found: string[] = [];
  const list = engine.answers['/containers/json']!;
  engine.answers['/containers/json'] = (res) => {
    looks += 1;
    if (looks === 1) json({ message: 'not now' }, 500)(res);
    else list(res);
  };
  ends.watchGone('c1', () => (gone = true));
  void ends.follow(following.signal, ({ Id }) => void found.push(Id));
  await eventually(() => found.length === 1 && listeners.size === 1);
  expect(warnings).toEqual(['the engine can’t be listened to']);

  door.cut();
  say('kill');
  say('die');
  await eventually(() => warnings.includes('the engine took a container with it'));
  expect(gone).toBe(false);
});

it('a container that stops with its engine isn’t reported as ended and is started again by the next engine', async () => {
  void ends.follow(following.signal, () => undefined);
  await eventually(() => listeners.size === 1);
  engine.answers['/containers/slipway.c1/json'] = json(containerOf('c1', 'exited'));
  let isGone = false;
  let ping: ServerResponse | undefined;
  door.answers['/_ping'] = (res) => (ping = res);
  say('kill');
  ends.watchGone('c1', () => (isGone = true)); // asks at once, while the engine still answers
  say('die');
  await eventually(() => ping !== undefined);
  expect(await ends.hasEnded('c1')).toBe(false);
  door.cut();
  ping?.destroy(); // as one that is stuck for too long: it is asked once more
  await eventually(() => warnings.includes('the engine took a container with it'));

  let start: ServerResponse | undefined;
  engine.answers['/containers/slipway.c1/start'] = (res) => (start = res);
  for (const listener of listeners) listener.end();
  await eventually(() => start !== undefined);
  expect([await ends.hasEnded('c1'), isGone]).toEqual([false, false]);
  start?.writeHead(204).end();
  await eventually(() => ends.hasEnded('c1')); // as this engine says it is
});

it('a container is started again if the engine stopped before it reported the end of the container', async () => {
  const isStarted = await endUnheard();
  await eventually(isStarted);
});

it('a container stops with its engine even if the next engine on the same socket answers the ping', async () => {
  void ends.follow(following.signal, () => undefined);
  await eventually(() => listeners.size === 1);
  let ping: ServerResponse | undefined;
  door.answers['/_ping'] = (res) => (ping = res);
  say('kill');
  say('die');
  await eventually(() => ping !== undefined);
  for (const listener of listeners) listener.end();
  await eventually(() => listeners.size === 0);
  ping?.end('OK'); // the next one's answer
  await eventually(() => warnings.includes('the engine took a container with it'));
});

it.each([
  ['was stopped or unregistered', () => Promise.resolve([])],
  ['runs another instance', () => Promise.resolve(['c2'])],
])('a container isn’t started again and is reported as ended if its service %s', async (_, wanted) => {
  const asked: string[] = [];
  wantedBy = (service) => {
    asked.push(service);
    return wanted();
  };
  let isGone = false;
  ends.watchGone('c1', () => (isGone = true));
  const isStarted = await endUnheard();
  await eventually(() => isGone);
  expect([asked, isStarted()]).toEqual([[SERVICE], false]);
});

it.each([
  ['returns an error', () => Promise.reject(new Error('Temporal is away'))],
  ['doesn’t respond', () => new Promise<never>(() => undefined)],
])('a container is started again if Temporal %s', async (_, wanted) => {
  wantedBy = wanted;
  const isStarted = await endUnheard();
  await eventually(isStarted);
  expect(warnings).toContain('a service could not be asked: its container is started again');
});

it('a container that was killed while its engine keeps running is reported as ended', async () => {
  let gone = false;
  ends.watchGone('c1', () => (gone = true));
  void ends.follow(following.signal, () => undefined);
  await eventually(() => listeners.size === 1);
  say('kill');
  say('die');
  await eventually(() => gone);
  expect(ends.wasSignalled('c1')).toBe(true);
  expect(await ends.hasEnded('c1')).toBe(false); // this engine still has it running
});

it('the end of another container with an instance’s label doesn’t end the instance', async () => {
  const gone: string[] = [];
  for (const instanceId of ['c1', 'c2']) ends.watchGone(instanceId, () => gone.push(instanceId));
  engine.answers['/containers/slipway.c2/json'] = json(containerOf('c2'));
  void ends.follow(following.signal, () => undefined);
  await eventually(() => listeners.size === 1);
  say('die', 'slipway.release.d1');
  say('die', 'slipway.c2', 'c2'); // events are handled in order
  await eventually(() => gone.length > 0);
  expect(gone).toEqual(['c2']);
});
