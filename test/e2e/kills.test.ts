import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cancelTrial, kill, killTrial, writeTrialApp } from '../support/faults.js';
import { needsEmbeddedTemporal } from '../support/foreign-temporal.js';
import { Slipway } from '../support/slipway.js';
import { decisionTimeouts } from '../support/temporal-cli.js';

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start();
});
afterAll(() => slipway.remove());

/** The long run of these is `npm run faults`. */
describe('a deployment completes although, in the middle of it,', () => {
  it.for([
    ['worker', 'uv', 'install'],
    ['api', 'uv', 'start'],
    ['temporal', 'fallback', 'install'],
  ] as const)('the %s is killed (%s, %s)', async ([part, mode, step], context) => {
    if (part === 'temporal') needsEmbeddedTemporal(context);
    const strike = kill(slipway, part);
    await killTrial(slipway, { mode, strike, moment: { step, afterMs: 50 }, version: part.length });
  });
});

describe('a cancel', () => {
  it.each([
    ['install', 200],
    ['start', 30],
  ] as const)('during %s leaves nothing, and the previous release runs', async (step, afterMs) => {
    const { release } = await slipway.run(writeTrialApp(slipway, 100 + afterMs));
    await cancelTrial(slipway, { mode: 'uv', moment: { step, afterMs }, version: 200 + afterMs, serving: release! });
  });
});

it('a worker that is killed while it decides is noticed in seconds, whichever workflow it decided for', async () => {
  const body = {
    deployments: [slipway.app('setsid-child', { service: 'kills-batch', health_check: { min_uptime: 0.5 } })],
  };
  expect((await slipway.call('/api/deployments/batch', { body })).status).toBe(202);
  const { batch, ...timeouts } = await decisionTimeouts(slipway);
  const types = ['gate', 'host', 'registry', 'service', 'deployment'];
  expect(Object.keys(timeouts)).toEqual(expect.arrayContaining(types));
  expect(new Set(Object.values(timeouts).flat())).toEqual(new Set(['4s']));
  expect(batch).toEqual(['10s']); // it is long, and answers nobody
});
