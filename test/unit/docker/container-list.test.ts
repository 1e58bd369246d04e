import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLookup } from '../../../src/activities/ports/docker/container-lookup.js';
import { FakeEngine, halfAnswered, json, silent } from '../../support/fake-engine.js';

let engine: FakeEngine;
const list = () => createLookup(engine.docker, 'h1').list();

beforeEach(() => {
  engine = new FakeEngine();
});
afterEach(() => {
  engine.close();
});

it('without an engine there are no containers: they run in it', async () => {
  expect(await list()).toEqual([]);
});

it.each([
  ['is stuck', silent],
  ['is stuck in its answer', halfAnswered],
  ['is broken', json({ message: 'no' }, 500)],
])('of an engine that %s nothing is known, and that is known soon', { timeout: 4000 }, async (_what, answer) => {
  engine.answers['/containers/json'] = answer;
  await engine.join();
  await expect(list()).rejects.toThrow();
});
