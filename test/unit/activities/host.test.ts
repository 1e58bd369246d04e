import { beforeEach, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createHostBeat } from '../../../src/activities/host.js';
import type { Managers } from '../../../src/contract/steps.js';
import type { HostBeat, Resources } from '../../../src/contract/views.js';
import { makeHost } from '../../support/activity-host.js';
import { eventually } from '../../support/eventually.js';

const DAY_MS = 24 * 60 * 60 * 1000;
const processes = { listInstances: () => Promise.resolve(['i1']) };
const noManagers = () => Promise.resolve({} as Managers);
const answering = { listInstances: () => Promise.resolve(['c1']) };

let beats: HostBeat[];
beforeEach(() => {
  beats = [];
});

/** A try of the activity that was scheduled for the first time so long ago. */
async function beatScheduled(
  agoMs: number,
  {
    containers = answering,
    told,
    probe = noManagers,
  }: { containers?: typeof answering; told?: unknown; probe?: () => Promise<Managers> } = {},
) {
  const { settings } = await makeHost();
  const now = Date.now();
  const activity = new MockActivityEnvironment({
    attempt: 3,
    scheduledTimestampMs: now - agoMs,
    currentAttemptScheduledTimestampMs: now,
    heartbeatDetails: told,
  });
  activity.on('heartbeat', (beat: HostBeat) => beats.push(beat));
  const ports = { processes, containers, resources: { measure: () => Promise.resolve({} as Resources) } };
  const host = createHostBeat(ports as never, settings, probe); // uses no more of them
  return { host, activity, running: activity.run(() => host.beatHost({ hostId: 'h1' })) };
}

it('the host activity sends heartbeats with the number of instances until it is cancelled', async () => {
  const { activity, running } = await beatScheduled(0);
  activity.on('heartbeat', () => {
    activity.cancel();
  });
  await expect(running).rejects.toMatchObject({ name: 'CancelledFailure' });
  expect(beats).toMatchObject([{ instances: 2 }]);
});

it('the host activity sends heartbeats although the engine can’t list its containers', async () => {
  const broken = { listInstances: () => Promise.reject<string[]>(new Error('the engine is broken')) };
  const { running } = await beatScheduled(DAY_MS - 100, { containers: broken });
  await running;
  expect(beats).toMatchObject([{ instances: 1 }]);
});

const measuredAgo = (ms: number) => ({ hostId: 'h1', at: '', measuredAt: new Date(Date.now() - ms).toISOString() });
const isNow = (beat: HostBeat | undefined) => Date.now() - Date.parse(beat!.at) < 1_000;

it('the heartbeat activity of a new day repeats the last heartbeat at once, before its first probe', async () => {
  const { host, activity, running } = await beatScheduled(DAY_MS - 100);
  await running;
  const [told] = beats;
  await activity.run(() => host.beatHost({ hostId: 'h1' }));
  expect(beats).toHaveLength(2);
  expect(beats[1]).toEqual({ ...told, at: beats[1]!.at });
  expect(isNow(beats[1])).toBe(true);
});

it('a retry after a kill repeats the last heartbeat at once, while the probes are still running', async () => {
  const told = measuredAgo(8_000);
  const { activity, running } = await beatScheduled(0, { told, probe: () => new Promise(() => undefined) });
  await eventually(() => beats.length > 0);
  expect(beats).toEqual([{ ...told, at: beats[0]!.at }]);
  expect(isNow(beats[0])).toBe(true);
  activity.cancel();
  void running.catch(() => undefined); // nothing ends a probe that hangs
});

it.each([
  ['was measured 11 seconds ago', measuredAgo(11_000)],
  ['was measured with other settings', { ...measuredAgo(1_000), offers: 'container docker,uv,fallback' }],
  ['was sent by an older version', { hostId: 'h1', at: new Date().toISOString() }],
])('the host activity doesn’t repeat a heartbeat that %s', async (_why, told) => {
  const { running } = await beatScheduled(DAY_MS - 100, { told });
  await running;
  expect(beats).toHaveLength(1);
  expect(beats[0]).toMatchObject({ instances: 2 });
});

it('the host activity ends a day after its first attempt, regardless of later attempts', async () => {
  const { running } = await beatScheduled(DAY_MS - 100);
  await running;
  expect(beats).toHaveLength(1);
  const { running: late } = await beatScheduled(DAY_MS);
  await late;
  expect(beats).toHaveLength(1);
});
