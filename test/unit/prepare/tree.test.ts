import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { disk, type DiskPort } from '../../../src/activities/ports/disk-port.js';
import type { SourceBudget } from '../../../src/activities/prepare/source-budget.js';
import { copyTree } from '../../../src/activities/prepare/tree.js';

let base: string;
let from: string;
let to: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'slipway-tree-'));
  [from, to] = [join(base, 'from'), join(base, 'to')];
  mkdirSync(join(from, 'a'), { recursive: true });
  writeFileSync(join(from, 'app.py'), '');
});
afterEach(() => {
  rmSync(base, { recursive: true });
});

const budget: SourceBudget = { take: () => Promise.resolve() };
const copy = (through: DiskPort, signal: AbortSignal) => copyTree(through, { from, to, never: base, budget, signal });

test('symlinks with long targets need few path lookups', async () => {
  const target = `${'./a/..//'.repeat(400)}app.py`;
  for (let n = 0; n < 50; n += 1) symlinkSync(target, join(from, `link-${n}`));
  let lookUps = 0;
  const counting: DiskPort = {
    ...disk,
    realPath(path) {
      lookUps += 1;
      return disk.realPath(path);
    },
  };
  const { entries } = await copy(counting, new AbortController().signal);
  expect(entries.filter(({ kind }) => kind === 'link')).toHaveLength(50);
  expect(lookUps).toBeLessThan(10);
});

test('a cancel stops the copy of a folder after the entries in progress', async () => {
  rmSync(join(from, 'a'), { recursive: true });
  for (let n = 0; n < 500; n += 1) symlinkSync('app.py', join(from, `link-${n}`));
  const stop = new AbortController();
  const stopping: DiskPort = {
    ...disk,
    makeLink(target, path) {
      stop.abort(new Error('cancelled'));
      return disk.makeLink(target, path);
    },
  };
  await expect(copy(stopping, stop.signal)).rejects.toThrow('cancelled');
  expect(readdirSync(to).length).toBeLessThan(100);
});
