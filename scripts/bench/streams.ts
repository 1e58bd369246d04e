// What it costs when many watch: how late they hear of an event, and what the API takes for them.
import type { ProgressBody } from '../../src/contract/views.js';
import { eventually } from '../../test/support/eventually.js';
import { openSse, stallSse, type SseStream } from '../../test/support/sse.js';
import { residentMb } from './footprint.js';
import { quantile, type Measurement, type Taken } from './measure.js';
import { deployToEnd, type Stage } from './stage.js';

const DEPLOYMENTS = 10;
const WATCHERS = 500;
/** 8 MB for each of those who never read: 2 GB, if it were kept for them. */
const PRINTS = 8;
const LINES_PER_PRINT = 1000;
const LINE_BYTES = 1000;

export const streams: Measurement[] = [
  { name: 'sse_rss', unit: 'MB', limit: 100, slots: DEPLOYMENTS, take: sseRss }, // first: the other leaves memory to reuse
  { name: 'sse_lag', unit: 's', limit: 1, slots: DEPLOYMENTS, take: sseLag },
];

/** From an event's own time to its arrival at each of those who watched by then. */
async function sseLag(stage: Stage): Promise<Taken> {
  const ids = await deployMany(stage, 'lag', 15);
  const watchers = await watchProgress(stage, ids, WATCHERS);
  const allWatchMs = Date.now();
  await Promise.all(watchers.map(({ over }) => over));
  const lags = watchers.flatMap(({ events }) =>
    events.flatMap(({ id, data, atMs }) => {
      const eventMs = Date.parse(data.last_update);
      return id !== undefined && eventMs > allWatchMs ? [(atMs - eventMs) / 1000] : [];
    }),
  );
  const p50 = quantile(lags, 0.5).toFixed(2);
  return { value: quantile(lags, 0.95), note: `p95 of ${lags.length} arrivals, p50 ${p50} s` };
}

/** Half follow progress; half ask for a log that grows, and never read. */
async function sseRss(stage: Stage): Promise<Taken> {
  const { slipway } = stage;
  const { api } = slipway.ready.pids;
  await deployToEnd(stage, slipway.app('printer', { service: 'printer' }));
  const { url } = await slipway.service('printer');
  const ids = await deployMany(stage, 'rss', 60);
  const beforeMb = residentMb(api);
  const watchers = await watchProgress(stage, ids, WATCHERS / 2);
  const log = `${slipway.url}/api/services/printer/logs`;
  const stalled = await inBatches(WATCHERS / 2, () => stallSse(log, slipway.adminKey));
  let mostMb = 0;
  for (let i = 0; i < PRINTS; i += 1) {
    await fetch(`${url}/${LINES_PER_PRINT}/${LINE_BYTES}`);
    mostMb = Math.max(mostMb, residentMb(api));
  }
  await Promise.all(watchers.map(({ over }) => over));
  mostMb = Math.max(mostMb, residentMb(api));
  for (const cut of stalled) cut();
  return { value: mostMb - beforeMb, note: `from ${beforeMb.toFixed(0)} MB to ${mostMb.toFixed(0)} MB at the most` };
}

/** Each waits for a while in the middle, so that all can be watched before most of their events. */
async function deployMany({ slipway }: Stage, name: string, waitS: number): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < DEPLOYMENTS; i += 1) {
    const config = { service: `${name}-${i}`, release_command: `sleep ${waitS}` };
    ids.push((await slipway.deploy(slipway.app('answers-200', config))).deployment_id);
  }
  await eventually(async () => (await Promise.all(ids.map((id) => slipway.status(id)))).every(isConfiguring), {
    timeoutMs: 60_000,
  });
  return ids;
}

const isConfiguring = ({ step }: { step: string | null }): boolean => step === 'configure';

function watchProgress({ slipway }: Stage, ids: string[], count: number): Promise<SseStream<ProgressBody>[]> {
  const { url, adminKey: key } = slipway;
  return inBatches(count, (i) =>
    openSse<ProgressBody>(`${url}/api/deployments/${ids[i % ids.length] ?? ''}/progress`, { key }),
  );
}

/** As many at once as a listening socket keeps waiting without complaint. */
async function inBatches<T>(count: number, one: (index: number) => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  while (all.length < count) {
    const indexes = Array.from({ length: Math.min(50, count - all.length) }, (_, i) => all.length + i);
    all.push(...(await Promise.all(indexes.map(one))));
  }
  return all;
}
