import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { mustBeOnlyHost, workerIdentity, type Beater } from '../../../src/worker/twin-host.js';
import { onTestFinished } from '../../support/jest/test-end.js';

async function identityIn(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-twin-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return workerIdentity(folder);
}

/** A worker with that identity beats at each look, or only before the first. */
async function starts(identity: string, by: string, { beatsOn }: { beatsOn: boolean }): Promise<void> {
  let looks = 0;
  const readBeater = (): Promise<Beater> => Promise.resolve({ identity: by, atMs: beatsOn ? (looks += 1) : 1 });
  await mustBeOnlyHost({ hostId: 'h1', identity, readBeater, watchMs: 600 });
}

it('a start is refused if a worker with another data folder sends heartbeats for the same host', async () => {
  const [own, other] = [await identityIn(), await identityIn()];
  await expect(starts(own, other, { beatsOn: true })).rejects.toMatchObject({
    text: 'start_failed.twin_host',
    params: { host: 'h1', worker: other },
  });
});

it.each<[string, () => Promise<string>, boolean]>([
  ['another data folder that sends no more heartbeats', identityIn, false],
  ['an earlier version', () => Promise.resolve('17@host'), true],
  ['a stand-in worker', () => Promise.resolve('stand-in on h2'), true],
])('a start succeeds if the last heartbeat of the host was sent by %s', async (_by, identityOf, beatsOn) => {
  await expect(starts(await identityIn(), await identityOf(), { beatsOn })).resolves.toBeUndefined();
});

it('a start succeeds for a worker that was restarted with the same data folder', async () => {
  const own = await identityIn();
  await expect(starts(own, own.replace(/^\d+/, '1'), { beatsOn: true })).resolves.toBeUndefined();
});

it('a start succeeds for a host without any heartbeat', async () => {
  const options = { hostId: 'h1', identity: await identityIn(), readBeater: () => Promise.resolve(undefined) };
  await expect(mustBeOnlyHost(options)).resolves.toBeUndefined();
});
