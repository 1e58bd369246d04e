import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { layout, type Layout } from '../../../src/contract/layout.js';
import { lockDataFolder } from '../../../src/start/data-folder-lock.js';
import { identify, type ProcessIdentity } from '../../../src/start/identity.js';
import { onTestFinished } from '../../support/jest/test-end.js';
import { isThere } from '../../support/slipway.js';

function dataFolder(): Layout {
  const root = mkdtempSync(join(tmpdir(), 'slipway-claim-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
  return layout(root);
}

async function startProcess(): Promise<{ child: ChildProcess; identity: ProcessIdentity }> {
  const child = spawn('/bin/sleep', ['3600']);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return { child, identity: (await identify(child.pid ?? 0))! };
}

const GONE: ProcessIdentity = { pid: 1, startTicks: 'of a process that is gone' };

/** As a start that was killed leaves it. */
function leave(
  at: Layout,
  state: { bootId?: string; start: ProcessIdentity; parts: Record<string, ProcessIdentity> },
): void {
  writeFileSync(at.startState, JSON.stringify(state));
  writeFileSync(at.readyFile, '{}');
}

const exclusively = <T>(work: () => Promise<T>): Promise<T> => work();
const otherWorkerEnded = (): Promise<void> => Promise.resolve();
const noTakeOver = (): Promise<void> => Promise.reject(new Error('there is nothing to take over'));
const CALM = { exclusively, takeOver: noTakeOver, otherWorkerEnded };

it('the socket of a running API is taken over after ready.json is removed and before the orphans are ended', async () => {
  const at = dataFolder();
  const [api, worker] = [await startProcess(), await startProcess()];
  leave(at, { start: GONE, parts: { api: api.identity, worker: worker.identity } });
  const seen: unknown[] = [];
  await lockDataFolder(at, {
    ...CALM,
    takeOver: (orphan) => {
      seen.push(orphan, existsSync(at.readyFile), isThere(api.identity.pid), isThere(worker.identity.pid));
      return Promise.resolve();
    },
  });
  expect(seen).toEqual([api.identity, false, true, true]);
  expect([api, worker].map(({ identity }) => isThere(identity.pid))).toEqual([false, false]);
});

it('an orphan whose process id now belongs to another process isn’t ended', async () => {
  const at = dataFolder();
  const { identity } = await startProcess();
  leave(at, { start: GONE, parts: { api: { ...identity, startTicks: '1' } } });
  await lockDataFolder(at, CALM);
  expect(isThere(identity.pid)).toBe(true);
});

it('a data folder with a running start is refused, and its parts and ready.json stay', async () => {
  const at = dataFolder();
  const [start, api] = [await startProcess(), await startProcess()];
  leave(at, { start: start.identity, parts: { api: api.identity } });
  await expect(lockDataFolder(at, CALM)).rejects.toMatchObject({
    text: 'start_failed.twice',
  });
  expect([existsSync(at.readyFile), isThere(api.identity.pid)]).toEqual([true, true]);
});

it('a failed takeover ends no orphan and keeps the state for the next start', async () => {
  const at = dataFolder();
  const { identity } = await startProcess();
  leave(at, { start: GONE, parts: { api: identity } });
  const before = readFileSync(at.startState, 'utf8');
  await expect(lockDataFolder(at, CALM)).rejects.toThrow('nothing to take over');
  expect(isThere(identity.pid)).toBe(true);
  expect(readFileSync(at.startState, 'utf8')).toBe(before);
});

it('a process with the id of a part from before a reboot isn’t ended', async () => {
  const at = dataFolder();
  const [start, api] = [await startProcess(), await startProcess()];
  leave(at, { bootId: 'an earlier one', start: start.identity, parts: { api: api.identity } });
  await lockDataFolder(at, CALM);
  expect([start, api].map(({ identity }) => isThere(identity.pid))).toEqual([true, true]);
});

it('a recorded part of the current boot is ended, and new parts are recorded with the boot id', async () => {
  const at = dataFolder();
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const { identity } = await startProcess();
  leave(at, { bootId, start: GONE, parts: { worker: identity } });
  const claim = await lockDataFolder(at, CALM);
  expect(isThere(identity.pid)).toBe(false);
  await claim.note('worker', identity);
  expect(JSON.parse(readFileSync(at.startState, 'utf8'))).toMatchObject({ bootId, parts: { worker: identity } });
});

it('a data folder that another worker uses is refused after the orphans of the killed start have ended', async () => {
  const at = dataFolder();
  const { identity } = await startProcess();
  leave(at, { start: GONE, parts: { worker: identity } });
  const claiming = lockDataFolder(at, {
    ...CALM,
    otherWorkerEnded: () => Promise.reject(new Error(isThere(identity.pid) ? 'the orphan lives' : 'another worker')),
  });
  await expect(claiming).rejects.toThrow('another worker');
  expect(JSON.parse(readFileSync(at.startState, 'utf8'))).toMatchObject({ start: GONE });
});
