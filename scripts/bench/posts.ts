// How long a POST takes until its 202, beside a bare update of the same shape. All of them queue: the one slot is held.
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { startRequestSchema } from '../../src/contract/requests.js';
import { connectionOptions } from '../../src/temporal.js';
import { bareAdmit, BARE_QUEUE, type bareGate } from './bare-workflows.js';
import { inTurn, median, ms, ratioOf, timed, type Measurement, type Taken } from './measure.js';
import type { Stage } from './stage.js';

const ALONE = { count: 150, warmUps: 20, pauseMs: 20 };
const CALLERS = 16;
const POSTS_EACH = 8;
const ROUNDS = 3;
/** What a round leaves to be done must not slow the next one, which is the other's. */
const SETTLE_MS = 1500;
const ANSWER_MS = 5000;

export const posts: Measurement[] = [
  { name: 'post_c1', unit: 'x', limit: 1.5, slots: 1, take: (stage) => withBareGate(stage, oneByOne) },
  { name: 'post_c16', unit: 'x', limit: 1.5, slots: 1, take: (stage) => withBareGate(stage, sixteenAtATime) },
];

interface Pair {
  ours: () => Promise<number>;
  other: () => Promise<number>;
}

async function oneByOne(pair: Pair): Promise<Taken> {
  return ratioOf(await inTurn(pair, ALONE), 'a bare update');
}

async function sixteenAtATime(pair: Pair): Promise<Taken> {
  const rounds = { ours: [] as number[], other: [] as number[] };
  for (let i = 0; i <= ROUNDS; i += 1) {
    for (const which of ['ours', 'other'] as const) {
      const times = await atOnce(pair[which]);
      if (i > 0) rounds[which].push(...times); // the first warms up
      await delay(SETTLE_MS);
    }
  }
  const { ours, other } = rounds;
  return {
    value: median(ours) / median(other),
    note: `${ms(median(ours))} over a bare update ${ms(median(other))}`,
  };
}

async function atOnce(work: () => Promise<number>): Promise<number[]> {
  const caller = async (): Promise<number[]> => {
    const times: number[] = [];
    for (let i = 0; i < POSTS_EACH; i += 1) times.push(await work());
    return times;
  };
  return (await Promise.all(Array.from({ length: CALLERS }, caller))).flat();
}

/** The bare gate is worked off in this process, against the same Temporal. */
async function withBareGate(stage: Stage, measure: (pair: Pair) => Promise<Taken>): Promise<Taken> {
  const { api, client, namespace, slipway } = stage;
  await stage.longDeployment();
  quietRuntime();
  const connection = await NativeConnection.connect(await connectionOptions(slipway.temporal));
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: BARE_QUEUE,
    workflowsPath: fileURLToPath(new URL('./bare-workflows.ts', import.meta.url)),
    maxCachedWorkflows: 200, // as Slipway's own
  });
  const body = slipway.app('answers-200', {}, { when_full: 'queue' });
  const request = startRequestSchema.parse(body);
  try {
    return await worker.runUntil(async () => {
      const workflowId = `bench-gate-${randomBytes(4).toString('hex')}`;
      const gate = await client.workflow.start<typeof bareGate>('bareGate', { workflowId, taskQueue: BARE_QUEUE });
      const bareUpdate = (): Promise<unknown> => {
        const deploymentId = `bench-${randomBytes(8).toString('hex')}`;
        const told = { deploymentId, request, service: 'answers-200', configMac: 'f'.repeat(64) };
        return gate.executeUpdate(bareAdmit, { args: [{ ...told, answerBy: Date.now() + ANSWER_MS }] });
      };
      return measure({ ours: () => timed(() => api.deploy(body)), other: () => timed(bareUpdate) });
    });
  } finally {
    await connection.close();
  }
}

let quiet = false;
function quietRuntime(): void {
  if (quiet) return;
  quiet = true;
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
}
