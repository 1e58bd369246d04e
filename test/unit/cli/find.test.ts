import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { callbackSecretOf, findSlipway } from '../../../src/cli/find.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-find-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function run(folder: string, api_url = 'http://127.0.0.1:4711'): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'ready.json'), JSON.stringify({ api_url }));
  writeFileSync(join(folder, 'admin.key'), 'slipway_admin\n');
  return folder;
}

it('finds the data folder of the nearest folder above', () => {
  const dataDir = run(join(root, '.slipway'));
  const cwd = join(root, 'a/b');
  mkdirSync(cwd, { recursive: true });
  expect(findSlipway({ cwd })).toEqual({ url: 'http://127.0.0.1:4711', key: 'slipway_admin', dataDir });
});

it('takes the data folder that is named instead', () => {
  run(join(root, '.slipway'));
  const dataDir = run(join(root, 'elsewhere'));
  expect(findSlipway({ cwd: root, dataDir })).toMatchObject({ dataDir });
});

it('takes another key for the one whose folder is named', () => {
  const dataDir = run(join(root, '.slipway'));
  expect(findSlipway({ cwd: root, dataDir, key: 'slipway_read' }).key).toBe('slipway_read');
});

it('sends a key to no address that it only found', () => {
  run(join(root, '.slipway'));
  const found = () => findSlipway({ cwd: root, key: 'slipway_read' });
  expect(found).toThrow(expect.objectContaining({ key: 'key_without_url' }));
});

it.each([0o755, 0o777, 0o750, 0o701])('a found folder with mode %o is not trusted', (mode) => {
  chmodSync(run(join(root, '.slipway')), mode);
  for (const find of [findSlipway, callbackSecretOf])
    expect(() => find({ cwd: root })).toThrow(expect.objectContaining({ key: 'folder_open' }));
});

it('a found folder that apps pass through is trusted', () => {
  chmodSync(run(join(root, '.slipway')), 0o711);
  expect(findSlipway({ cwd: root }).key).toBe('slipway_admin');
});

it('a found folder of another user, or a link to a folder, is not trusted', () => {
  const elsewhere = run(join(root, 'elsewhere'));
  symlinkSync(elsewhere, join(root, '.slipway'));
  expect(() => findSlipway({ cwd: root })).toThrow(expect.objectContaining({ key: 'folder_open' }));
  rmSync(join(root, '.slipway'));
  run(join(root, '.slipway'));
  vi.spyOn(process, 'getuid').mockReturnValue(4711);
  expect(() => findSlipway({ cwd: root })).toThrow(expect.objectContaining({ key: 'folder_of_another' }));
  vi.restoreAllMocks();
});

it.each([
  'http://evil.example.com',
  'http://203.0.113.9:8088',
  'http://127.0.0.1.example.com',
  'http://localhost.example.com',
])('a found folder may not name %s', (url) => {
  run(join(root, '.slipway'), url);
  expect(() => findSlipway({ cwd: root })).toThrow(expect.objectContaining({ key: 'folder_elsewhere' }));
});

it.each(['http://localhost:1', 'http://[::1]:1', 'http://127.9.9.9:1', 'http://0.0.0.0:1'])(
  'a found folder may name %s, which is this host',
  (url) => {
    run(join(root, '.slipway'), url);
    expect(findSlipway({ cwd: root }).url).toBe(url);
  },
);

it('takes an address and its key before any folder', () => {
  run(join(root, '.slipway'));
  const place = findSlipway({ cwd: root, url: 'https://slipway.example.com/', key: 'k' });
  expect(place).toEqual({ url: 'https://slipway.example.com', key: 'k' });
});

it.each([
  ['no folder', {}, 'not_found_here'],
  ['an address without a key', { url: 'http://10.0.0.1:8088' }, 'no_key'],
  ['an address that is none', { url: 'ftp://x', key: 'k' }, 'bad_url'],
])('says what is missing: %s', (_what, wanted, key) => {
  expect(() => findSlipway({ cwd: root, ...wanted })).toThrow(expect.objectContaining({ key }));
});

it('says that the Slipway of a folder does not run, and that its key is not for us', () => {
  mkdirSync(join(root, '.slipway'), { mode: 0o700 });
  expect(() => findSlipway({ cwd: root })).toThrow(expect.objectContaining({ key: 'not_running' }));
  run(join(root, '.slipway'));
  rmSync(join(root, '.slipway/admin.key'));
  expect(() => findSlipway({ cwd: root })).toThrow(expect.objectContaining({ key: 'unreadable' }));
});

it('the secret of callbacks is that of the local data folder, and of no other Slipway', () => {
  const dataDir = run(join(root, '.slipway'));
  writeFileSync(join(dataDir, 'callback.key'), 'whsec_x\n');
  expect(callbackSecretOf({ cwd: root })).toBe('whsec_x');
  const elsewhere = { cwd: root, url: 'http://10.0.0.1:8088' };
  expect(() => callbackSecretOf(elsewhere)).toThrow(expect.objectContaining({ key: 'no_secret' }));
});
