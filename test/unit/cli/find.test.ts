import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
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

it('the CLI finds the data folder in the nearest parent folder', () => {
  const dataDir = run(join(root, '.slipway'));
  const cwd = join(root, 'a/b');
  mkdirSync(cwd, { recursive: true });
  expect(findSlipway({ cwd })).toEqual({ url: 'http://127.0.0.1:4711', key: 'slipway_admin', dataDir });
});

it('a data folder that is given explicitly takes precedence over a found data folder', () => {
  run(join(root, '.slipway'));
  const dataDir = run(join(root, 'elsewhere'));
  expect(findSlipway({ cwd: root, dataDir })).toMatchObject({ dataDir });
});

it('a given key is used with the data folder that is given explicitly', () => {
  const dataDir = run(join(root, '.slipway'));
  expect(findSlipway({ cwd: root, dataDir, key: 'slipway_read' }).key).toBe('slipway_read');
});

it('a given key isn’t sent to an address from a found data folder', () => {
  run(join(root, '.slipway'));
  const found = () => findSlipway({ cwd: root, key: 'slipway_read' });
  expect(found).toThrow(expect.objectContaining({ key: 'key_without_url' }));
});

it.each([0o755, 0o777, 0o750, 0o701])('a found data folder with mode %o isn’t trusted', (mode) => {
  chmodSync(run(join(root, '.slipway')), mode);
  for (const find of [findSlipway, callbackSecretOf])
    expect(() => find({ cwd: root })).toThrow(expect.objectContaining({ key: 'folder_open' }));
});

it('a found data folder with mode 711 is trusted', () => {
  chmodSync(run(join(root, '.slipway')), 0o711);
  expect(findSlipway({ cwd: root }).key).toBe('slipway_admin');
});

it('a found data folder that is a symlink or belongs to another user isn’t trusted', () => {
  const elsewhere = run(join(root, 'elsewhere'));
  symlinkSync(elsewhere, join(root, '.slipway'));
  expect(() => findSlipway({ cwd: root })).toThrow(expect.objectContaining({ key: 'folder_open' }));
  rmSync(join(root, '.slipway'));
  run(join(root, '.slipway'));
  jest.spyOn(process, 'getuid').mockReturnValue(4711);
  expect(() => findSlipway({ cwd: root })).toThrow(expect.objectContaining({ key: 'folder_of_another' }));
  jest.restoreAllMocks();
});

it.each([
  'http://evil.example.com',
  'http://203.0.113.9:8088',
  'http://127.0.0.1.example.com',
  'http://localhost.example.com',
])('a found data folder with the address %s isn’t trusted', (url) => {
  run(join(root, '.slipway'), url);
  expect(() => findSlipway({ cwd: root })).toThrow(expect.objectContaining({ key: 'folder_elsewhere' }));
});

it.each(['http://localhost:1', 'http://[::1]:1', 'http://127.9.9.9:1', 'http://0.0.0.0:1'])(
  'a found data folder with the local address %s is trusted',
  (url) => {
    run(join(root, '.slipway'), url);
    expect(findSlipway({ cwd: root }).url).toBe(url);
  },
);

it('a given address and key take precedence over a found data folder', () => {
  run(join(root, '.slipway'));
  const place = findSlipway({ cwd: root, url: 'https://slipway.example.com/', key: 'k' });
  expect(place).toEqual({ url: 'https://slipway.example.com', key: 'k' });
});

it.each([
  ['a missing data folder', {}, 'not_found_here'],
  ['an address without a key', { url: 'http://10.0.0.1:8088' }, 'no_key'],
  ['an address with an unsupported scheme', { url: 'ftp://x', key: 'k' }, 'bad_url'],
])('%s is reported as an error', (_what, wanted, key) => {
  expect(() => findSlipway({ cwd: root, ...wanted })).toThrow(expect.objectContaining({ key }));
});

it('the CLI reports that Slipway isn’t running, or that the key of the data folder can’t be read', () => {
  mkdirSync(join(root, '.slipway'), { mode: 0o700 });
  expect(() => findSlipway({ cwd: root })).toThrow(expect.objectContaining({ key: 'not_running' }));
  run(join(root, '.slipway'));
  rmSync(join(root, '.slipway/admin.key'));
  expect(() => findSlipway({ cwd: root })).toThrow(expect.objectContaining({ key: 'unreadable' }));
});

it('the callback secret is read from the local data folder and can’t be read for another address', () => {
  const dataDir = run(join(root, '.slipway'));
  writeFileSync(join(dataDir, 'callback.key'), 'whsec_x\n');
  expect(callbackSecretOf({ cwd: root })).toBe('whsec_x');
  const elsewhere = { cwd: root, url: 'http://10.0.0.1:8088' };
  expect(() => callbackSecretOf(elsewhere)).toThrow(expect.objectContaining({ key: 'no_secret' }));
});
