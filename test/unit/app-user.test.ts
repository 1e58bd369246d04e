import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { disk } from '../../src/activities/ports/disk-port.js';
import { openDataPlace } from '../../src/activities/persist/data-place.js';
import { linkRelease, settleRelease } from '../../src/activities/persist/release-links.js';
import { interruptedDisk, secretFolder } from '../support/interrupted-disk.js';
import { processUserOf, serviceGroup } from '../../src/activities/ports/service-group.js';
import { resolveAppUser } from '../../src/app-user.js';
import { readConfig } from '../../src/config.js';
import { refusalOf } from '../../src/contract/app-user.js';
import { layout, releaseDir, serviceData } from '../../src/contract/layout.js';
import { hint, translate } from '../../src/contract/texts.js';
import { openDataFolder } from '../../src/data-folder.js';
import { describeIf, itIf } from '../support/jest/conditions.js';
import { about } from '../support/jest/about.js';
import { onTestFinished } from '../support/jest/test-end.js';
import { KEEPER } from '../support/processes.js';

const isRoot = process.getuid?.() === 0;
/** A number in the data folders of those who run it: it must never change. */
const GROUP_OF_BOT = 1970574123;
const NOBODY = { name: 'nobody', uid: 65_534, groups: [65_534] };
const OWNER = { uid: NOBODY.uid, gid: GROUP_OF_BOT };

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'slipway-owned-'));
  onTestFinished(() => {
    rmSync(made, { recursive: true });
  });
  return made;
}
const ownersOf = (...paths: string[]): number[] => paths.map((path) => lstatSync(path).uid);
const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

describe('groups of services', () => {
  it('the group of a service never changes, is different for each service and is in a reserved range', () => {
    const at = layout(folder());
    expect(serviceGroup(at, 'bot')).toBe(GROUP_OF_BOT);
    const groups = Array.from({ length: 500 }, (_, index) => serviceGroup(at, `service-${index}`));
    expect(new Set(groups).size).toBe(500);
    expect(groups.every((group) => group >= 0x70000000 && group < 0x78000000)).toBe(true);
  });

  it('two services whose names have the same hash get different groups', () => {
    const at = layout(folder());
    const [victim, chosen] = [serviceGroup(at, 'roas-bot'), serviceGroup(at, 'hello-2prb3f')];
    expect(chosen).not.toBe(victim);
    const again = { ...at, groups: `${at.groups}/../groups` }; // as another process reads it
    expect([serviceGroup(again, 'hello-2prb3f'), serviceGroup(again, 'roas-bot')]).toEqual([chosen, victim]);
  });

  it('a service gets a group although the record of an earlier group is incomplete', () => {
    const at = layout(folder());
    mkdirSync(at.groups);
    writeFileSync(join(at.groups, String(GROUP_OF_BOT)), '');
    expect(serviceGroup(at, 'bot')).toBe(GROUP_OF_BOT + 1);
  });

  it('the processes of an app run with the group of its service as primary group', () => {
    const at = layout(folder());
    const user = { uid: 65_534, gid: GROUP_OF_BOT, groups: [65_534] };
    expect(processUserOf({ layout: at, appUser: NOBODY }, 'bot')).toEqual(user);
    expect(processUserOf({ layout: at }, 'bot')).toBeUndefined();
  });
});

describeIf(isRoot)('validation of the app user', () => {
  const refused = async (appUser: string, dataDir: string): Promise<unknown> =>
    resolveAppUser({ appUser, dataDir }, KEEPER.python).catch((error: unknown) => error);

  it('the app user is found by name or number', async () => {
    expect(await resolveAppUser({ dataDir: '/nowhere' }, KEEPER.python)).toBeUndefined();
    expect(await refused('nobody', '/tmp/data')).toMatchObject({ name: 'nobody', uid: 65_534 });
    expect(await refused('65534', '/tmp/data')).toMatchObject({ name: 'nobody', uid: 65_534 });
  });

  it('an app user that is unknown, root or unable to reach the data folder is refused', async () => {
    const closed = folder();
    expect(await refused('nobody-at-all', '/tmp/data')).toMatchObject({
      code: 'start_failed',
      text: 'app_user.unknown',
    });
    expect(await refused('root', '/tmp/data')).toMatchObject({ text: 'app_user.root' });
    expect(await refused('nobody', join(closed, 'data'))).toMatchObject({
      text: 'app_user.unreachable',
      params: { user: 'nobody', folder: closed, path: join(closed, 'data') },
    });
  });

  it('an app user is refused if Slipway doesn’t run as root', () => {
    const text = execFileSync('/usr/bin/env', ['python3', '-I', '-S', '-', 'nobody', '/tmp'], {
      input: readFileSync(KEEPER.script.replace('keeper.py', 'app_user.py')), // which that user may not be able to open
      encoding: 'utf8',
      uid: 65_534,
      gid: 65_534,
      env: { PATH: '/usr/bin:/bin' },
    });
    expect(JSON.parse(text)).toEqual({ kind: 'not_root' });
  });
});

it('each error about the app user names the setting and has a hint', () => {
  const verdicts: Parameters<typeof refusalOf>[0][] = [
    { kind: 'unknown' },
    { kind: 'root' },
    { kind: 'not_root' },
    { kind: 'hard_links' },
    { kind: 'powerless', missing: ['CAP_KILL', 'CAP_CHOWN'] },
    { kind: 'refused', reason: 'Invalid argument' },
    { kind: 'unreachable', folder: '/root' },
  ];
  for (const verdict of verdicts) {
    const { text, params } = refusalOf(verdict, 'nobody', '/root/data');
    for (const language of ['zh-TW', 'en'] as const) {
      expect(translate(text, params, language)).toMatch(/SLIPWAY_APP_USER[^{}]*$/);
      expect(hint(text, params, language)).toMatch(/^[^{}]+$/);
    }
  }
});

describeIf(isRoot)('trees that change their owner', () => {
  it('a tree is handed over to the app user once, and all contents are handed over again only on request', async () => {
    const top = join(folder(), 'release');
    mkdirSync(join(top, 'a/b'), { recursive: true });
    writeFileSync(join(top, 'a/b/file'), '');
    lchownSync(join(top, 'a'), OWNER.uid, OWNER.gid); // of a hand-over that broke off
    await disk.handOver(top, OWNER);
    expect(ownersOf(top, join(top, 'a'), join(top, 'a/b'), join(top, 'a/b/file'))).toEqual([
      65_534, 65_534, 65_534, 65_534,
    ]);
    writeFileSync(join(top, 'a/later'), '');
    await disk.handOver(top, OWNER);
    expect(ownersOf(join(top, 'a/later'))).toEqual([0]);
    await disk.handOver(top, OWNER, 'all_contents');
    expect(ownersOf(join(top, 'a/later'))).toEqual([65_534]);
  });

  it('symlinks in a tree aren’t followed when the tree is handed over, taken back, copied, opened or removed', async () => {
    const base = folder();
    const [top, secret] = [join(base, 'top'), join(base, 'secrets')];
    for (const path of [top, secret]) mkdirSync(path);
    writeFileSync(join(secret, 'key'), 'secret', { mode: 0o600 });
    symlinkSync(secret, join(top, 'folder'));
    symlinkSync(join(secret, 'key'), join(top, 'file'));
    await disk.handOver(top, OWNER);
    expect(ownersOf(join(top, 'folder'), join(top, 'file'), secret, join(secret, 'key'))).toEqual([
      65_534, 65_534, 0, 0,
    ]);
    await disk.openToAll(top);
    await disk.takeBack(top, OWNER.gid);
    await disk.openToRead(join(top, 'file'), OWNER.gid);
    expect(lstatSync(join(top, 'file')).gid).toBe(OWNER.gid);
    expect([modeOf(join(secret, 'key')), lstatSync(join(secret, 'key')).gid]).toEqual(['600', 0]);
    await disk.copyTree(top, join(base, 'copy'));
    expect(lstatSync(join(base, 'copy/file')).isSymbolicLink()).toBe(true);
    for (const path of ['file', 'folder/key']) {
      const stolen = disk.copyFile(join(top, path), join(base, 'stolen'), 0o644, top);
      await expect(stolen).rejects.toMatchObject({ code: 'ENOENT' });
    }
    await disk.remove(top);
    expect([existsSync(top), existsSync(join(base, 'stolen')), readFileSync(join(secret, 'key'), 'utf8')]).toEqual([
      false,
      false,
      'secret',
    ]);
  });

  it('a built tree that is taken back belongs to root, is readable by its group and isn’t writable by others', async () => {
    const top = folder();
    mkdirSync(join(top, 'bin'), { mode: 0o700 });
    writeFileSync(join(top, 'bin/run'), '', { mode: 0o700 });
    chmodSync(join(top, 'bin/run'), 0o777);
    writeFileSync(join(top, 'bin/data'), '', { mode: 0o600 });
    await disk.handOver(top, OWNER);
    await disk.takeBack(top, OWNER.gid);
    expect(['bin', 'bin/run', 'bin/data'].map((name) => modeOf(join(top, name)))).toEqual(['750', '755', '640']);
    expect(ownersOf(...['bin', 'bin/run', 'bin/data'].map((name) => join(top, name)))).toEqual([0, 0, 0]);
  });
});

describeIf(isRoot)('the data folder with an app user', () => {
  const open = (root: string, appUser?: string) =>
    openDataFolder(readConfig({ SLIPWAY_DATA_DIR: root, ...(appUser !== undefined && { SLIPWAY_APP_USER: appUser }) }));

  it('an app user can pass through the data folder, and folders inside are closed to other users', async () => {
    const root = join(folder(), 'data');
    await open(root);
    writeFileSync(join(root, 'temporal.db'), '', { mode: 0o644 });
    for (const name of ['releases/bot', 'homes/bot', 'data/bot', 'data/in-containers', 'tmp/uv_1.1'])
      mkdirSync(join(root, name));
    chmodSync(join(root, 'data/in-containers'), 0o777);
    await open(root, 'nobody');
    expect(
      [root, ...['releases', 'environments', 'homes', 'data', 'tmp'].map((name) => join(root, name))].map(modeOf),
    ).toEqual(Array(6).fill('711'));
    for (const name of [
      'releases/bot',
      'homes/bot',
      'data/bot',
      'tmp/uv_1.1',
      'instances',
      'logs',
      'uploads',
      'locks',
    ]) {
      expect([name, modeOf(join(root, name))]).toEqual([name, '700']);
    }
    expect(['temporal.db', 'secret.key', 'host.id'].map((name) => modeOf(join(root, name)))).toEqual([
      '600',
      '600',
      '600',
    ]);
    expect(modeOf(join(root, 'data/in-containers'))).toBe('777');
    await disk.guard(join(root, 'homes/bot'), 0o770, OWNER.gid);
    await open(root, 'nobody');
    expect(modeOf(join(root, 'homes/bot'))).toBe('770');
    await open(root);
    expect([root, join(root, 'releases'), join(root, 'homes/bot')].map(modeOf)).toEqual(['700', '700', '700']);
  });
});

itIf(isRoot)('a symlink in place of a persisted file is followed only to a file of the same release', async () => {
  const at = layout(folder());
  const ref = { service: 'bot', deploymentId: 'uv_1' };
  const release = releaseDir(at, 'bot', 'uv_1');
  mkdirSync(release, { recursive: true });
  writeFileSync(at.adminKey, 'secret');
  writeFileSync(join(release, 'state.json'), 'brought');
  const place = await openDataPlace(disk, at, 'bot', OWNER);
  await linkRelease(disk, at, place, ref, [{ path: 'state.json', kind: 'file' }]);
  const state = join(serviceData(at, 'bot'), 'state.json');
  const replace = (target: string): void => {
    rmSync(join(release, 'state.json'));
    symlinkSync(target, join(release, 'state.json'));
  };
  replace(at.adminKey);
  await settleRelease(disk, at, place, ref);
  expect(readFileSync(state, 'utf8')).toBe('brought');
  writeFileSync(join(release, 'newer.json'), 'own');
  chmodSync(join(release, 'newer.json'), 0o4755);
  replace('newer.json');
  await settleRelease(disk, at, place, ref);
  expect(readFileSync(state, 'utf8')).toBe('own');
  expect([lstatSync(state).uid, lstatSync(state).gid, lstatSync(state).mode & 0o7000]).toEqual([
    OWNER.uid,
    OWNER.gid,
    0,
  ]);
});

itIf(isRoot)(
  'a symlink that replaces a folder of a release at any moment exposes and changes no file outside',
  async () => {
    let calls = Infinity;
    for (let nth = 1; nth <= calls; nth += 1) {
      const at = layout(folder());
      const ref = { service: 'bot', deploymentId: 'uv_1' };
      const release = releaseDir(at, 'bot', 'uv_1');
      const write = (path: string, text: string): void => {
        mkdirSync(dirname(join(release, path)), { recursive: true });
        writeFileSync(join(release, path), text);
      };
      write('deep/er/x', 'brought');
      write('deep/er/secret.key', 'brought');
      const seen = secretFolder(join(at.root, 'outside/er'));
      const before = seen();
      const { on, calls: counted } = interruptedDisk(nth, () => {
        renameSync(join(release, 'deep'), join(at.root, 'moved'));
        symlinkSync(join(at.root, 'outside'), join(release, 'deep'));
      });
      const refused = (error: unknown): void => {
        expect(error).toMatchObject({ code: 'source_invalid' });
      };
      const place = await openDataPlace(disk, at, 'bot', OWNER);
      const paths = ['deep/er/x', 'deep/er/secret.key'].map((path) => ({ path, kind: 'file' as const }));
      await linkRelease(on, at, place, ref, paths).catch(refused);
      for (const { path } of lstatSync(join(release, 'deep')).isSymbolicLink() ? [] : paths) {
        rmSync(join(release, path));
        write(path, 'saved');
      }
      await settleRelease(on, at, place, ref).catch(refused);
      about(`call ${nth}`, () => {
        expect(seen()).toEqual(before);
      });
      for (const { path } of paths) expect(ifFile(join(place.files, path))).not.toBe('secret');
      calls = counted();
    }
    expect(calls).toBeGreaterThan(50);
  },
);

const ifFile = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);
