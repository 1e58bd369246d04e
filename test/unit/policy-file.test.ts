import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writableByOthers } from '../../src/policy-file.js';

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

describe('who else than Slipway and root could write a file of policies', () => {
  it('is nobody by default, and nobody where there is no file', () => {
    expect(writableByOthers(file)).toBeUndefined();
    expect(writableByOthers(join(root, 'none.json'))).toBeUndefined();
  });

  it.each([0o666, 0o664, 0o646])('is somebody where its mode is %o', (mode) => {
    chmodSync(file, mode);
    expect(writableByOthers(file)).toBe(file);
  });

  it.each([0o777, 0o775, 0o757])('is a user who can write its folder, of mode %o', (mode) => {
    chmodSync(folder, mode);
    expect(writableByOthers(file)).toBe(folder);
  });

  it('is a user who can write a folder further up', () => {
    chmodSync(root, 0o777);
    expect(writableByOthers(file)).toBe(root);
  });

  it('is nobody in a sticky folder, where only its owner replaces a file', () => {
    chmodSync(folder, 0o1777);
    expect(writableByOthers(file)).toBeUndefined();
  });

  it('is a user who can write the folder of any link on the way', () => {
    const [between, links] = [folderAt(join(root, 'between'), 0o777), folderAt(join(root, 'links'))];
    symlinkSync(file, join(between, 'policies.json'));
    symlinkSync(join(between, 'policies.json'), join(links, 'policies.json'));
    expect(writableByOthers(join(links, 'policies.json'))).toBe(between);
    symlinkSync(between, join(root, 'folder'));
    expect(writableByOthers(join(root, 'folder', 'policies.json'))).toBe(between);
  });

  it('is a user who can write the target of a link', () => {
    const link = join(folderAt(join(root, 'links')), 'policies.json');
    symlinkSync(file, link);
    expect(writableByOthers(link)).toBeUndefined();
    chmodSync(folder, 0o777);
    expect(writableByOthers(link)).toBe(folder);
    chmodSync(folder, 0o755);
    chmodSync(join(root, 'links'), 0o777);
    expect(writableByOthers(link)).toBe(join(root, 'links'));
  });

  it.runIf(isRoot)('is its owner, unless that is the user of Slipway', () => {
    chownSync(file, OTHER_UID, 0);
    expect(writableByOthers(file)).toBe(file);
    expect(writableByOthers(file, OTHER_UID)).toBeUndefined();
    chownSync(file, 0, 0);
    chownSync(folder, OTHER_UID, 0);
    expect(writableByOthers(file)).toBe(folder);
    chmodSync(folder, 0o1755); // sticky: its owner may still replace what is in it
    expect(writableByOthers(file)).toBe(folder);
  });
});
