import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { REGISTRY_ID } from '../../src/contract/names.js';
import { connectionOptions } from '../../src/temporal.js';
import { eventually } from '../support/eventually.js';
import { cancelTrial, kill, killTrial, writeTrialApp } from '../support/faults.js';
import { embeddedMissing } from '../support/foreign-temporal.js';
import { Slipway } from '../support/slipway.js';
import { untilEvent, type HistoryEvent } from '../support/history.js';
import { itUnless } from '../support/jest/conditions.js';
import { onTestFinished } from '../support/jest/test-end.js';
import { decisionTimeouts } from '../support/temporal-cli.js';
import { workflowBundle } from '../support/workflow-server.js';

const isMoment = ({ activityTaskScheduledEventAttributes: planned }: HistoryEvent): boolean =>
  planned?.activityType?.name === 'passMoment';

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start();
});
afterAll(() => slipway.remove());

/** The long run of these is `npm run faults`. */
describe('deployments with a killed process', () => {
  for (const [part, mode, step] of [
    ['worker', 'uv', 'install'],
    ['api', 'uv', 'start'],
    ['temporal', 'fallback', 'install'],
  ] as const)
    itUnless(part === 'temporal' ? embeddedMissing : undefined)(
      `a deployment completes after the ${part} is killed (mode ${mode}, step ${step})`,
      async () => {
        const strike = kill(slipway, part);
        await killTrial(slipway, { mode, strike, moment: { step, afterMs: 50 }, version: part.length });
      },
    );
});

describe('cancelled deployments', () => {
  it.each([
    ['install', 200],
    ['start', 30],
  ] as const)(
    'a cancel during %s leaves nothing behind, and the previous release keeps running',
    async (step, afterMs) => {
      const { release } = await slipway.run(writeTrialApp(slipway, 100 + afterMs));
      await cancelTrial(slipway, { mode: 'uv', moment: { step, afterMs }, version: 200 + afterMs, serving: release! });
    },
  );
});

it('registrations survive a worker kill during continue-as-new of the registry', async () => {
  const connection = await Connection.connect(await connectionOptions(slipway.temporal));
  onTestFinished(() => connection.close());
  const client = new Client({ connection, namespace: slipway.namespace });
  const registry = client.workflow.getHandle(REGISTRY_ID);
  const { runId } = await registry.describe();
  const registered: string[] = [];
  const answers = new Set<number>();
  let isOver = false;

  /** Again and again, as a client would; one whose answer was lost finds its name taken. */
  const register = async (name: string): Promise<void> => {
    const isRegistered = async (): Promise<boolean> => {
      const { status } = await slipway.call('/api/services', { body: { name, kind: 'worker' } });
      answers.add(status);
      return status !== 503;
    };
    await eventually(isRegistered, { timeoutMs: 60_000 });
    registered.push(name);
  };
  const caller = async (_: unknown, who: number): Promise<void> => {
    for (let count = 0; !isOver; count += 1) await register(`folds-${who}-${count}`);
  };
  /** In the moment for which a run waits before it folds. */
  const strike = async (): Promise<void> => {
    await untilEvent(client, { workflowId: REGISTRY_ID, runId }, isMoment);
    kill(slipway, 'worker')();
    await eventually(async () => (await registry.describe()).runId !== runId, { timeoutMs: 60_000 });
  };
  const struck = strike().finally(() => {
    isOver = true;
  });
  await Promise.all([struck, ...Array.from({ length: 4 }, caller)]);
  const history = await client.workflow.getHandle(REGISTRY_ID, runId).fetchHistory();
  await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, REGISTRY_ID);
  expect([...answers].filter((status) => ![201, 409, 503].includes(status))).toEqual([]);
  const names = await eventually(async () => {
    const { status, body } = await slipway.call<{ name: string; stale?: true }[]>('/api/services');
    const told = status === 200 && body.every(({ stale }) => !stale);
    return told && body.map(({ name }) => name).filter((name) => name.startsWith('folds-'));
  });
  expect(names.toSorted()).toEqual(registered.toSorted());
}, 180_000);

it('workflow tasks time out after 4 seconds, and workflow tasks of a batch after 10 seconds', async () => {
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
