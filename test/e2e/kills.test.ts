import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REGISTRY_ID } from '../../src/contract/names.js';
import { eventually } from '../support/eventually.js';
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

it('what was registered stays so, and what comes is registered, when the worker is killed as the registry folds', async () => {
  const connection = await Connection.connect({ address: slipway.ready.temporal_address });
  const registry = new Client({ connection, namespace: slipway.namespace }).workflow.getHandle(REGISTRY_ID);
  const { runId } = await registry.describe();
  const registered: string[] = [];
  let folded = false;

  /** Again and again, as a client would; one whose answer was lost finds its name taken. */
  const register = async (name: string): Promise<void> => {
    await eventually(
      async () => [201, 409].includes((await slipway.call('/api/services', { body: { name, kind: 'worker' } })).status),
      { timeoutMs: 60_000 },
    );
    registered.push(name);
  };
  const caller = async (_: unknown, who: number): Promise<void> => {
    for (let count = 0; !folded; count += 1) await register(`folds-${who}-${count}`);
  };
  const strike = async (): Promise<void> => {
    await eventually(async () => (await registry.describe()).historyLength >= 1000, { timeoutMs: 90_000, mostMs: 20 });
    kill(slipway, 'worker')();
    await eventually(async () => (await registry.describe()).runId !== runId, { timeoutMs: 60_000 });
    folded = true;
  };
  await Promise.all([strike(), ...Array.from({ length: 4 }, caller)]);
  const { body: listed } = await slipway.call<{ name: string }[]>('/api/services');
  const names = listed.map(({ name }) => name).filter((name) => name.startsWith('folds-'));
  expect(names.toSorted()).toEqual(registered.toSorted());
  await connection.close();
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
