import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { layout } from '../../../src/contract/layout.js';
import { readWorkerEnd } from '../../../src/process-end.js';
import { Stack, type PartSpec } from '../../../src/start/stack.js';
import { eventually } from '../../support/eventually.js';
import { isThere } from '../../support/slipway.js';

let root: string;
let pids: number[];
let stack: Stack;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-stack-'));
  pids = [];
  stack = new Stack(layout(root), {
    note: (_part, { pid }) => {
      pids.push(pid);
      if (failing === 0) return Promise.resolve();
      failing -= 1;
      return Promise.reject(new Error('no space left'));
    },
    release: () => Promise.resolve(),
  });
});
afterEach(async () => {
  await stack.stop();
  rmSync(root, { recursive: true, force: true });
});

/** How many notes of processes fail, as on a full disk. */
let failing = 0;

const part = (name: PartSpec['name'], ready: () => Promise<void>): PartSpec => ({
  name,
  argv: ['/bin/sleep', '3600'],
  env: {},
  graceMs: 1000,
  ready,
});
const atOnce = (): Promise<void> => Promise.resolve();
const never = (): Promise<void> => new Promise(() => undefined);

it('a stop during the start of a part ends all parts and refuses later starts', async () => {
  await stack.start(part('temporal', atOnce));
  const starting = stack.start(part('worker', never));
  const refused = expect(starting).rejects.toThrow(/worker/);
  await eventually(() => pids.length === 2);
  await stack.stop();
  await refused;
  await expect(stack.start(part('api', atOnce))).rejects.toThrow(/api/);
  expect(pids).toHaveLength(2);
  expect(pids.filter(isThere)).toEqual([]);
});

it('a stop at the moment of a start leaves no process', async () => {
  const starting = stack.start(part('temporal', never));
  const refused = expect(starting).rejects.toThrow(/temporal/);
  await stack.stop();
  await refused;
  expect(pids.filter(isThere)).toEqual([]);
});

it('ready.json contains all running parts, and the new process of a restarted part', async () => {
  const place = { apiUrl: 'http://a', webUiUrl: null, temporalAddress: 'b' };
  await stack.start(part('temporal', atOnce));
  await stack.start(part('worker', atOnce));
  await stack.tellReady(place);
  const ready = () => JSON.parse(readFileSync(layout(root).readyFile, 'utf8')) as { pids: Record<string, number> };
  const [temporal, worker] = pids;
  expect(ready().pids).toMatchObject({ temporal, worker });
  process.kill(worker!, 'SIGKILL');
  await eventually(() => pids.length === 3 && ready().pids['worker'] === pids[2]);
  expect(ready().pids['temporal']).toBe(temporal);
});

it('the end of a worker is recorded before the next worker starts', async () => {
  await stack.start(part('worker', atOnce));
  const [worker] = pids;
  process.kill(worker!, 'SIGKILL');
  await eventually(() => pids.length === 2);
  const end = await readWorkerEnd(layout(root), worker!, 0);
  expect(end).toMatchObject({ pid: worker, code: null, signal: 'SIGKILL' });
});

it('ready.json is removed while a new process can’t be recorded, and is written again afterwards', async () => {
  await stack.start(part('worker', atOnce));
  await stack.tellReady({ apiUrl: 'http://a', webUiUrl: null, temporalAddress: 'b' });
  failing = 1;
  const [first] = pids;
  process.kill(first!, 'SIGKILL');
  await eventually(() => !existsSync(layout(root).readyFile));
  await eventually(() => existsSync(layout(root).readyFile));
  const { pids: told } = JSON.parse(readFileSync(layout(root).readyFile, 'utf8')) as { pids: Record<string, number> };
  expect(told['worker']).not.toBe(first);
  expect(isThere(told['worker']!)).toBe(true);
});
