import { chownSync, lchownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config.js';
import { isOwn, openDataFolder, type Ownership } from '../../src/data-folder.js';
import { itUnless } from '../support/jest/conditions.js';

const ME = 1000;
const OTHER = 1001;
const cannotGive = process.getuid?.() === 0 ? undefined : 'only root can give a folder away';

it.each<[string, Ownership, boolean]>([
  ['the current user is used', { uid: ME, owner: ME, isNamed: false }, true],
  ['another user isn’t used', { uid: ME, owner: OTHER, isNamed: true }, false],
  ['root isn’t used by another user', { uid: ME, owner: 0, isNamed: true }, false],
  ['another user isn’t used by root if no setting names the folder', { uid: 0, owner: OTHER, isNamed: false }, false],
  ['another user is used by root if a setting names the folder', { uid: 0, owner: OTHER, isNamed: true }, true],
  [
    'the current user isn’t used behind a symlink of another user',
    { uid: ME, owner: ME, linkOwner: OTHER, isNamed: true },
    false,
  ],
  ['the current user is used behind a symlink of root', { uid: ME, owner: ME, linkOwner: 0, isNamed: true }, true],
])('a data folder of %s', (_, ownership, isUsed) => {
  expect(isOwn(ownership)).toBe(isUsed);
});

let home: string;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-data-')));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});
const open = () => openDataFolder(readConfig({ SLIPWAY_DATA_DIR: join(home, 'data') }));

it('git in a new data folder can reach only public networks, even if the folder is opened eight times at once', async () => {
  const folders = await Promise.all(Array.from({ length: 8 }, open));
  expect(folders.map(({ gitNetworks }) => gitNetworks)).toEqual(Array(8).fill('public'));
  expect((await open()).gitNetworks).toBe('public');
});

it('git in a data folder of an earlier version can still reach private networks', async () => {
  mkdirSync(join(home, 'data/instances'), { recursive: true });
  expect((await open()).gitNetworks).toBe('private');
  expect((await open()).gitNetworks).toBe('private');
});

it.each([
  ['none', []],
  ['10.1.0.0/16, ::1', ['10.1.0.0/16', '::1']],
  [undefined, undefined],
])('SLIPWAY_GIT_ALLOW=%s is parsed to a list of networks', (SLIPWAY_GIT_ALLOW, networks) => {
  expect(readConfig({ SLIPWAY_GIT_ALLOW }).gitNetworks).toEqual(networks);
});

it('an invalid SLIPWAY_GIT_ALLOW stops the start with an error that names the setting', () => {
  expect(() => readConfig({ SLIPWAY_GIT_ALLOW: 'intranet' })).toThrow('SLIPWAY_GIT_ALLOW.0: must be networks');
});

itUnless(cannotGive)('a data folder of another user in the working folder is refused', async () => {
  const folder = join(home, '.slipway');
  mkdirSync(folder);
  chownSync(folder, OTHER, OTHER);
  const refusal = {
    code: 'start_failed',
    text: 'start_failed.foreign_folder',
    params: { path: folder, owner: OTHER, uid: 0 },
  };
  await expect(openDataFolder(readConfig({}, home))).rejects.toMatchObject(refusal);
  rmSync(folder, { recursive: true });
  mkdirSync(join(home, 'own'));
  symlinkSync('own', folder);
  lchownSync(folder, OTHER, OTHER);
  await expect(openDataFolder(readConfig({}, home))).rejects.toMatchObject(refusal);
  lchownSync(folder, 0, 0);
  expect((await openDataFolder(readConfig({}, home))).layout.root).toBe(folder);
});

itUnless(cannotGive)('root can use a data folder of another user that is given explicitly', async () => {
  chownSync(home, OTHER, OTHER);
  const { layout } = await openDataFolder(readConfig({ SLIPWAY_DATA_DIR: home }));
  expect(layout.root).toBe(home);
});
