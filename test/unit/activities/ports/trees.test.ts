import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { disk } from '../../../../src/activities/ports/disk-port.js';
import { below, ODD_NAMES } from '../../../support/odd-names.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-trees-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** More levels than paths can name, and than a process may hold open. */
function dig(path: string, levels: number): void {
  const code = `import os, sys
os.mkdir(sys.argv[1])
here = os.open(sys.argv[1], os.O_RDONLY)
for _ in range(int(sys.argv[2])):
    os.mkdir("d", dir_fd=here)
    below = os.open("d", os.O_RDONLY, dir_fd=here)
    os.close(here)
    here = below
os.mkdir("last", dir_fd=here)`;
  execFileSync('python3', ['-c', code, path, String(levels)]);
}

describe('trees of files', () => {
  it('a tree is removed regardless of its depth and of the types of its entries', async () => {
    const top = join(folder, 'top');
    mkdirSync(join(top, 'wide'), { recursive: true });
    for (let n = 0; n < 50; n += 1) writeFileSync(join(top, 'wide', `${n}`), '');
    execFileSync('mkfifo', [join(top, 'fifo')]);
    symlinkSync(folder, join(top, 'up'));
    dig(join(top, 'deep'), 25_000);
    dig(join(top, 'deeper'), 300);
    await disk.remove(top);
    expect(readdirSync(folder)).toEqual([]);
    await disk.remove(top); // nothing there is as good
  });

  it('a tree is copied without special files, and copying a tree that is too deep fails', async () => {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    mkdirSync(from);
    writeFileSync(join(from, 'file'), 'x');
    symlinkSync('file', join(from, 'link'));
    execFileSync('mkfifo', [join(from, 'fifo')]);
    await disk.copyTree(from, to);
    expect(readdirSync(to).sort()).toEqual(['file', 'link']);
    expect(lstatSync(join(to, 'link')).isSymbolicLink()).toBe(true);
    dig(join(from, 'deep'), 1_500);
    const tooDeep = { code: 'source_invalid', text: 'source_invalid.too_deep', retryable: false };
    await expect(disk.copyTree(from, join(folder, 'again'))).rejects.toMatchObject(tooDeep);
    await expect(disk.openToAll(from)).rejects.toMatchObject(tooDeep);
    await disk.remove(from);
    expect(existsSync(from)).toBe(false);
  });

  it('a tree with names that aren’t UTF-8 is copied, measured and removed', async () => {
    const [from, to, deep] = [join(folder, 'from'), join(folder, 'to'), Buffer.from([0xff, 0xfe])];
    mkdirSync(below(from, deep), { recursive: true });
    for (const name of ODD_NAMES) {
      writeFileSync(below(from, name), name);
      writeFileSync(below(from, deep, name), name);
    }
    symlinkSync(deep, join(from, 'link'));
    await disk.copyTree(from, to);
    for (const name of ODD_NAMES) expect(readFileSync(below(to, deep, name))).toEqual(readFileSync(below(from, name)));
    expect(readlinkSync(join(to, 'link'), 'buffer')).toEqual(deep);
    const bytes = 2 * ODD_NAMES.reduce((sum, { length }) => sum + length, 0) + deep.length;
    const entries = 2 * ODD_NAMES.length + 2;
    expect(await disk.measureTree(to, { entries: Infinity, bytes: Infinity })).toEqual({ entries, bytes });
    await disk.remove(from);
    await disk.remove(to);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a path below a folder of others', () => {
  it.each(['../outside', 'a/../../outside', './a', 'a/', '/a'])(
    'a path that doesn’t lead down (%j) is refused',
    async (path) => {
      let worked = false;
      const work = () => Promise.resolve(void (worked = true));
      await expect(disk.within(join(folder, 'data'), path, work, 'made')).rejects.toThrow('is no path below a folder');
      expect(worked).toBe(false);
    },
  );
});
