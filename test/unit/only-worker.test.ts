import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { asOnlyWorker } from '../../src/only-worker.js';
import { eventually, KEEPER, makeHost, processesWith, runTypescript } from '../support/activity-host.js';

async function setUp() {
  const { ports, folder } = await makeHost();
  const layout = { root: folder, workerLock: join(folder, 'locks', 'x') };
  return { tools: ports.tools, folder, layout };
}

/** Polls from when it resolves until `end` is called. */
async function pollingWorker(host: Awaited<ReturnType<typeof setUp>>) {
  let end = (): void => undefined;
  let done: Promise<void> = Promise.resolve();
  await new Promise<void>((polls) => {
    const work = () =>
      new Promise<void>((resolve) => {
        end = resolve;
        polls();
      });
    done = asOnlyWorker(host, work);
  });
  return { end, done };
}

test('a second worker fails with an error if the first worker doesn’t end in time', async () => {
  const host = await setUp();
  const first = await pollingWorker(host);
  let polls = false;
  const work = (): Promise<void> => Promise.resolve(void (polls = true));
  await expect(asOnlyWorker({ ...host, waitMs: 300 }, work)).rejects.toMatchObject({
    text: 'start_failed.second_worker',
    params: { folder: host.folder, seconds: 1 },
  });
  expect(polls).toBe(false);
  first.end();
  await first.done;
});

test('a restarted worker starts after the previous worker has ended', async () => {
  const host = await setUp();
  const first = await pollingWorker(host);
  const order: string[] = [];
  const onWait = (): void => {
    order.push('the first ends');
    first.end();
  };
  await asOnlyWorker({ ...host, onWait }, () => Promise.resolve(void order.push('the second polls')));
  expect(order).toEqual(['the first ends', 'the second polls']);
});

test('a stop ends the wait for the previous worker', async () => {
  const host = await setUp();
  const first = await pollingWorker(host);
  let stop = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  await asOnlyWorker({ ...host, stop: stopped, onWait: stop }, () => Promise.reject(new Error('it polls')));
  first.end();
  await first.done;
});

test('an error of a worker is returned unchanged, even if the worker waited for another worker', async () => {
  const host = await setUp();
  const fails = (): Promise<void> => Promise.reject(new Error('no Temporal'));
  await expect(asOnlyWorker(host, fails)).rejects.toThrow('no Temporal');
  const first = await pollingWorker(host);
  await expect(asOnlyWorker({ ...host, onWait: first.end }, fails)).rejects.toThrow('no Temporal');
});

test('a killed worker releases its lock', async () => {
  const host = await setUp();
  const mark = `slipway-only-${String(process.pid)}`;
  const worker = runTypescript('lock-holder.ts', host.folder, mark, KEEPER);
  await eventually(() => processesWith(`sleep 60 # ${mark}`).length > 0);
  let polls = false;
  const onWait = (): void => void worker.kill('SIGKILL');
  await asOnlyWorker({ ...host, onWait }, () => Promise.resolve(void (polls = true)));
  expect(polls).toBe(true);
});
