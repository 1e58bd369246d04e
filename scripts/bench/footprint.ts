// What Slipway takes when nothing happens, and what each running app takes beside itself.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readProc } from '../../test/support/slipway.js';
import { median, type Measurement, type Taken } from './measure.js';
import { deployToEnd, type Stage } from './stage.js';

const SLOTS = 3;
/** What the deployment before left to be done is done by then. */
const SETTLE_MS = 5000;
const OBSERVED_S = 20;
/** USER_HZ, on every Linux. */
const TICKS_PER_SECOND = 100;

export const footprint: Measurement[] = [
  { name: 'idle_rss', unit: 'MB', limit: 300, slots: SLOTS, take: idleRss },
  { name: 'idle_cpu', unit: '%', limit: 5, slots: SLOTS, take: idleCpu },
  { name: 'keeper_rss', unit: 'MB', limit: 6, slots: SLOTS, take: keeperRss },
];

async function idle(stage: Stage): Promise<Stage['slipway']> {
  await deployToEnd(stage, stage.slipway.app('answers-200', { service: 'idle' }));
  await delay(SETTLE_MS);
  return stage.slipway;
}

async function idleRss(stage: Stage): Promise<Taken> {
  const { api, worker } = (await idle(stage)).ready.pids;
  const [apiMb, workerMb] = [residentMb(api), residentMb(worker)];
  return { value: apiMb + workerMb, note: `API ${apiMb.toFixed(0)} MB, worker ${workerMb.toFixed(0)} MB` };
}

async function idleCpu(stage: Stage): Promise<Taken> {
  return cpuShares(await idle(stage), OBSERVED_S);
}

/** Of one core, of all parts together. */
export async function cpuShares({ ready }: Stage['slipway'], observedS: number): Promise<Taken> {
  const { api, worker, temporal } = ready.pids;
  const pids = { API: api, worker, Temporal: temporal };
  const used = (): number[] => Object.values(pids).map(cpuSeconds);
  const before = used();
  await delay(observedS * 1000);
  const shares = used().map((seconds, i) => ((seconds - (before[i] ?? NaN)) / observedS) * 100);
  return {
    value: shares.reduce((sum, share) => sum + share, 0),
    note: Object.keys(pids)
      .map((name, i) => `${name} ${(shares[i] ?? NaN).toFixed(1)} %`)
      .join(', '),
  };
}

/** One service each: a keeper's memory that it shares with no other. */
async function keeperRss(stage: Stage): Promise<Taken> {
  for (const service of ['keeper-1', 'keeper-2', 'keeper-3']) {
    await deployToEnd(stage, stage.slipway.app('answers-200', { service }));
  }
  const instances = join(stage.slipway.dataDir, 'instances');
  const pids = readdirSync(instances).map((name) => {
    const record = JSON.parse(readFileSync(join(instances, name, 'instance.json'), 'utf8')) as { keeperPid: number };
    return record.keeperPid;
  });
  return { value: median(pids.map(privateMb)), note: `median of ${pids.length} keepers` };
}

export const residentMb = (pid: number): number => kilobytes(readProc(pid, 'status'), 'VmRSS') / 1024;

function privateMb(pid: number): number {
  const rollup = readProc(pid, 'smaps_rollup');
  return (kilobytes(rollup, 'Private_Clean') + kilobytes(rollup, 'Private_Dirty')) / 1024;
}

function kilobytes(text: string, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`${field} can't be read`);
  return Number(found);
}

/** Its own and of the children it has waited for: probes are such. */
function cpuSeconds(pid: number): number {
  const afterName = readProc(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
  const ticks = afterName.slice(11, 15).map(Number); // utime stime cutime cstime
  return ticks.reduce((sum, tick) => sum + tick, 0) / TICKS_PER_SECOND;
}
