// A host full of services: what they take when nothing happens, how long a list of them takes, and how soon any comes back.
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../test/support/eventually.js';
import { handStartOf, startByHand, untilAnswering } from './by-hand.js';
import { cpuShares, residentMb } from './footprint.js';
import { inTurn, median, ms, quantile, timed, type Measurement, type Taken } from './measure.js';
import { deployToEnd, type Stage } from './stage.js';

const REGISTERED = 1000;
const LIVE = 200;
/** Of their own stage: nothing else is measured beside them. */
const SLOTS = 20;
const AT_ONCE = 8;
/** Health ticks come every 10 s. */
const OBSERVED_S = 30;
const READS = 100;
const KILLS = 20;
const ROLLBACKS = 15;
/** The watcher is up by then. */
const SETTLE_MS = 300;

export const services: Measurement[] = [
  { name: 'rollback', unit: 'ms', limit: 400, slots: SLOTS, take: rollback },
  { name: 'services_idle_cpu', unit: '%', limit: 25, slots: SLOTS, take: idleCpu },
  { name: 'services_rss', unit: 'MB', limit: 500, slots: SLOTS, take: rss },
  { name: 'services_list', unit: 'ms', limit: 50, slots: SLOTS, take: (stage) => read(stage, '/api/services') },
  {
    name: 'services_discovery',
    unit: 'ms',
    limit: 50,
    slots: SLOTS,
    take: (stage) => read(stage, '/api/services/discovery'),
  },
  { name: 'services_recover', unit: 's', limit: 2, slots: SLOTS, take: recover },
];

const liveName = (index: number): string => `live-${index}`;
const filled = new WeakMap<Stage, Promise<void>>();

/** Once for all that is measured. */
async function full(stage: Stage): Promise<void> {
  const filling = filled.get(stage) ?? fill(stage);
  filled.set(stage, filling);
  await filling;
}

async function fill({ slipway }: Stage): Promise<void> {
  const deployments = Array.from({ length: LIVE }, (_, index) =>
    slipway.app('answers-200', { service: liveName(index) }),
  );
  const { body: batch, text } = await slipway.call<{ batch_id?: string }>('/api/deployments/batch', {
    body: { deployments, max_parallel: AT_ONCE },
  });
  if (batch.batch_id === undefined) throw new Error(`no batch of ${LIVE}: ${text}`);
  const path = `/api/batches/${batch.batch_id}`;
  const ended = await eventually(
    async () => {
      const { status } = (await slipway.call<{ status: string }>(path)).body;
      return status !== 'running' && status;
    },
    { timeoutMs: 300_000 },
  );
  if (ended !== 'completed') throw new Error(`the batch of ${LIVE} ${ended}`);
  await inParallel(REGISTERED - LIVE, async (index) => {
    const { status } = await slipway.call('/api/services', { body: { name: `registered-${index}` } });
    if (status !== 201) throw new Error(`registered-${index}: ${status}`);
  });
  const isListed = async () => (await slipway.call<unknown[]>('/api/services')).body.length >= REGISTERED;
  await eventually(isListed, { timeoutMs: 60_000 });
}

async function inParallel(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  const left = Array.from({ length: count }, (_, index) => index);
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (let index = left.pop(); index !== undefined; index = left.pop()) await work(index);
  });
  await Promise.all(workers);
}

async function idleCpu(stage: Stage): Promise<Taken> {
  await full(stage);
  return cpuShares(stage.slipway, OBSERVED_S);
}

async function rss(stage: Stage): Promise<Taken> {
  await full(stage);
  const { api, worker } = stage.slipway.ready.pids;
  return { value: residentMb(worker), note: `the worker; the API ${residentMb(api).toFixed(0)} MB` };
}

async function read(stage: Stage, path: string): Promise<Taken> {
  await full(stage);
  const took: number[] = [];
  for (let i = 0; i < READS; i += 1) took.push(await timed(() => stage.api.get(path)));
  return { value: median(took), note: `p95 ${ms(quantile(took, 0.95))}` };
}

/** Another one each time. */
async function recover(stage: Stage): Promise<Taken> {
  await full(stage);
  const { slipway } = stage;
  const hand = handStartOf(slipway, liveName(0), 'python main.py');
  let kills = 0;
  const ours = async (): Promise<number> => {
    kills += 1;
    const service = liveName(kills);
    const { url } = await slipway.service(service);
    const pids = slipway.appProcesses(service);
    return timed(async () => {
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      await untilAnswering(url!);
    });
  };
  const taken = await inTurn({ ours, other: () => startByHand(hand) }, { count: KILLS });
  const away = taken.ours.map((took, i) => (took - (taken.other[i] ?? NaN)) / 1000);
  return { value: quantile(away, 0.95), note: `p50 ${median(away).toFixed(2)} s, among ${LIVE} that run` };
}

/** From the call until the other release serves, beyond what the app itself takes to start. */
async function rollback(stage: Stage): Promise<Taken> {
  const { slipway } = stage;
  const service = 'back-and-forth';
  for (const round of ['1', '2'])
    await deployToEnd(stage, slipway.app('answers-200', { service, environment_variables: { ROUND: round } }));
  const hand = handStartOf(slipway, service, 'python main.py');
  const ours = async (): Promise<number> => {
    const { active_release: before } = await slipway.service(service);
    return timed(async () => {
      await slipway.call(`/api/services/${service}/rollback`, { body: {} });
      while ((await slipway.service(service)).active_release === before) await delay(2);
    });
  };
  const taken = await inTurn({ ours, other: () => startByHand(hand) }, { count: ROLLBACKS, pauseMs: SETTLE_MS });
  const [rolledBack, started] = [median(taken.ours), median(taken.other)];
  return { value: rolledBack - started, note: `${ms(rolledBack)}, of which the app’s own start takes ${ms(started)}` };
}
