import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writableByOthers } from '../../src/policy-file.js';
import { itIf } from '../support/jest/conditions.js';

let root: string;
let folder: string;
let file: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-policies-'));
  chmodSync(root, 0o755);
  folder = folderAt(join(root, 'etc'));
  file = join(folder, 'policies.json');
  writeFileSync(file, '{}');
  chmodSync(file, 0o644);
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function folderAt(path: string, mode = 0o755): string {
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
}

const isRoot = process.getuid?.() === 0;
const OTHER_UID = 4711;

describe('policy files that other users can write', () => {
  it('a policy file with mode 644 and a missing policy file aren’t writable by other users', () => {
    expect(writableByOthers(file)).toBeUndefined();
    expect(writableByOthers(join(root, 'none.json'))).toBeUndefined();
  });

  it.each([0o666, 0o664, 0o646])('a policy file with mode %o is writable by other users', (mode) => {
    chmodSync(file, mode);
    expect(writableByOthers(file)).toBe(file);
  });

  it.each([0o777, 0o775, 0o757])('a policy file is writable by other users if its folder has mode %o', (mode) => {
    chmodSync(folder, mode);
    expect(writableByOthers(file)).toBe(folder);
  });

  it('a policy file is writable by other users if a parent of its folder is writable', () => {
    chmodSync(root, 0o777);
    expect(writableByOthers(file)).toBe(root);
  });

  it('a policy file in a sticky folder isn’t writable by other users', () => {
    chmodSync(folder, 0o1777);
    expect(writableByOthers(file)).toBeUndefined();
  });

  it('a policy file is writable by other users if the folder of a symlink on its path is writable', () => {
    const [between, links] = [folderAt(join(root, 'between'), 0o777), folderAt(join(root, 'links'))];
    symlinkSync(file, join(between, 'policies.json'));
    symlinkSync(join(between, 'policies.json'), join(links, 'policies.json'));
    expect(writableByOthers(join(links, 'policies.json'))).toBe(between);
    symlinkSync(between, join(root, 'folder'));
    expect(writableByOthers(join(root, 'folder', 'policies.json'))).toBe(between);
  });

  it('a policy file behind a symlink is writable by other users if the folder of the symlink or of its target is writable', () => {
    const link = join(folderAt(join(root, 'links')), 'policies.json');
    symlinkSync(file, link);
    expect(writableByOthers(link)).toBeUndefined();
    chmodSync(folder, 0o777);
    expect(writableByOthers(link)).toBe(folder);
    chmodSync(folder, 0o755);
    chmodSync(join(root, 'links'), 0o777);
    expect(writableByOthers(link)).toBe(join(root, 'links'));
  });

  itIf(isRoot)(
    'a policy file is writable by its owner and by the owner of its folder, unless the owner is Slipway’s user',
    () => {
      chownSync(file, OTHER_UID, 0);
      expect(writableByOthers(file)).toBe(file);
      expect(writableByOthers(file, OTHER_UID)).toBeUndefined();
      chownSync(file, 0, 0);
      chownSync(folder, OTHER_UID, 0);
      expect(writableByOthers(file)).toBe(folder);
      chmodSync(folder, 0o1755); // sticky: its owner may still replace what is in it
      expect(writableByOthers(file)).toBe(folder);
    },
  );
});
