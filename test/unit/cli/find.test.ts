import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { callbackSecretOf, findSlipway } from '../../../src/cli/find.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-find-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function run(folder: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'ready.json'), JSON.stringify({ api_url: 'http://127.0.0.1:4711' }));
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

it('takes another key for the local one', () => {
  run(join(root, '.slipway'));
  expect(findSlipway({ cwd: root, key: 'slipway_read' }).key).toBe('slipway_read');
});

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
  mkdirSync(join(root, '.slipway'));
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
