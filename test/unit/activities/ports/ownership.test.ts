import { chmodSync, lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import {
  handOver,
  handOverAlong,
  openToRead,
  takeBack,
  type Extent,
} from '../../../../src/activities/ports/ownership.js';
import { describeIf } from '../../../support/jest/conditions.js';
import { onTestFinished } from '../../../support/jest/test-end.js';
import { below, ODD_NAMES } from '../../../support/odd-names.js';

const ODD = Buffer.from([0xff, 0xfe]);
const OWNER = { uid: 65_534, gid: 65_533 };

/** All that lies in a folder of an odd name, and that folder itself. */
function tree() {
  const root = mkdtempSync(join(tmpdir(), 'slipway-ownership-'));
  onTestFinished(() => {
    rmSync(root, { recursive: true });
  });
  const top = join(root, 'top');
  mkdirSync(below(top, ODD), { recursive: true, mode: 0o700 });
  const paths = [below(top, ODD), ...ODD_NAMES.map((name) => below(top, ODD, name))];
  for (const path of paths.slice(1)) writeFileSync(path, '', { mode: 0o600 });
  return { top, paths };
}

const ownersOf = (paths: readonly Buffer[]): string[] => [
  ...new Set(paths.map((path) => `${lstatSync(path).uid}:${lstatSync(path).gid}`)),
];
const filesMode = ([, ...files]: readonly Buffer[]): string[] => [
  ...new Set(files.map((path) => (lstatSync(path).mode & 0o7777).toString(8))),
];

describeIf(process.getuid?.() === 0)('trees with names that aren’t UTF-8', () => {
  it.each<Extent>(['tree', 'contents', 'all_contents'])(
    'a tree with names that aren’t UTF-8 is handed over (%s) and taken back',
    async (extent) => {
      const { top, paths } = tree();
      await handOver(top, OWNER, extent);
      expect(ownersOf(paths)).toEqual(['65534:65533']);
      await takeBack(top, 7);
      expect(ownersOf(paths)).toEqual(['0:7']);
      expect(filesMode(paths)).toEqual(['640']);
    },
  );

  it('a tree with names that aren’t UTF-8 is opened for reading', async () => {
    const { top, paths } = tree();
    chmodSync(top, 0o700);
    await openToRead(top, OWNER.gid);
    expect(filesMode(paths)).toEqual(['644']);
  });
});

it.each(['..', '../beside', 'a/../../beside', '.', 'a//b', ''])(
  'a path that doesn’t lead down (%j) changes no owner',
  async (path) => {
    const { top } = tree();
    await expect(handOverAlong(top, path, OWNER)).rejects.toThrow('is no path below a folder');
    expect(ownersOf([Buffer.from(join(top, '..'))])).toEqual([`${process.getuid?.()}:${process.getgid?.()}`]);
  },
);
