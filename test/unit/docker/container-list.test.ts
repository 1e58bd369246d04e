import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createLookup } from '../../../src/activities/ports/docker/container-lookup.js';
import { containerOf, FakeEngine, halfAnswered, json, silent } from '../../support/fake-engine.js';

let engine: FakeEngine;
const list = () => createLookup(engine.docker, 'h1').instances();

beforeEach(() => {
  engine = new FakeEngine();
});
afterEach(() => {
  engine.close();
});

it('the list of containers is empty if no engine is running', async () => {
  expect(await list()).toEqual([]);
});

it.each([
  ['doesn’t respond', silent],
  ['stops in the middle of a response', halfAnswered],
  ['returns 500', json({ message: 'no' }, 500)],
])(
  'listing containers fails soon if the engine %s',
  async (_what, answer) => {
    engine.answers['/containers/json'] = answer;
    await engine.join();
    await expect(list()).rejects.toThrow();
  },
  4000,
);

it('a container that has an instance’s label but not its name isn’t listed as an instance', async () => {
  const labelled = { ...containerOf('c2'), Names: ['/slipway.release.d1'] };
  const unreadable = { ...containerOf('日本 x'), Names: ['/slipway.release.d2'] };
  engine.answers['/containers/json'] = json([labelled, unreadable, containerOf('c1')]);
  await engine.join();
  expect(await list()).toEqual(['c1']);
});
