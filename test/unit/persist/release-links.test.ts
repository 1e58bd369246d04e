import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { disk, type DiskPort } from '../../../src/activities/ports/disk-port.js';
import { openDataPlace } from '../../../src/activities/persist/data-place.js';
import { linkRelease, readOthers, settleRelease } from '../../../src/activities/persist/release-links.js';
import { layout, releaseBrought, releaseDir, serviceData } from '../../../src/contract/layout.js';
import type { PersistedPath } from '../../../src/contract/persist.js';
import { killedEverywhere } from '../../support/dying-disk.js';
import { onTestFinished } from '../../support/jest/test-end.js';

const PATHS: PersistedPath[] = [
  { path: 'bot.db', kind: 'file' },
  { path: 'data', kind: 'folder' },
  { path: 'deep/er/state.json', kind: 'file' },
];

function scene() {
  const at = layout(mkdtempSync(join(tmpdir(), 'slipway-persist-')));
  onTestFinished(() => {
    rmSync(at.root, { recursive: true });
  });
  const data = serviceData(at, 'bot');
  const place = (on: DiskPort) => openDataPlace(on, at, 'bot');
  const release = (deploymentId: string, files: Record<string, string> = {}, appFolder?: string) => {
    const folder = releaseDir(at, 'bot', deploymentId);
    mkdirSync(folder, { recursive: true });
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    for (const [path, text] of Object.entries(files)) write(path, text);
    const ref = { service: 'bot', deploymentId, ...(appFolder !== undefined && { folder: appFolder }) };
    return {
      folder,
      write,
      brought: releaseBrought(at, 'bot', deploymentId),
      read: (path: string) => readFileSync(join(folder, path), 'utf8'),
      /** As an app saves: a new file takes the place of the link. */
      replace(path: string, text: string) {
        writeFileSync(join(folder, 'new'), text);
        renameSync(join(folder, 'new'), join(folder, path));
      },
      link: async (on: DiskPort = disk, paths = PATHS) => linkRelease(on, at, await place(on), ref, paths),
      settle: async (on: DiskPort = disk) => settleRelease(on, at, await place(on), { service: 'bot', deploymentId }),
      readOthers: async () => readOthers(disk, at, await place(disk), ref),
    };
  };
  return { at, data, release, inData: (path: string) => readFileSync(join(data, path), 'utf8') };
}

describe('persisted paths of releases', () => {
  it('a release gets symlinks to the data, and the files of the first release become the first data', async () => {
    const { data, release, inData } = scene();
    const first = release('r1', { 'bot.db': 'brought', 'data/a/x': 'x' });
    await first.link();
    expect(readlinkSync(join(first.folder, 'bot.db'))).toBe(join(data, 'bot.db'));
    expect([inData('bot.db'), inData('data/a/x')]).toEqual(['brought', 'x']);
    expect(readFileSync(join(first.brought, 'data/a/x'), 'utf8')).toBe('x');
    first.write('deep/er/state.json', 'by way of a link that leads nowhere yet');
    expect(inData('deep/er/state.json')).toContain('nowhere yet');

    const second = release('r2', { 'bot.db': 'brought later', data: 'a file by now' });
    await second.link();
    expect([second.read('bot.db'), second.read('data/a/x')]).toEqual(['brought', 'x']);
    expect(readFileSync(join(second.brought, 'bot.db'), 'utf8')).toBe('brought later');
  });

  it('a release with the app in a subfolder has its symlinks in that folder and shares its data with other releases', async () => {
    const { data, release, inData } = scene();
    const first = release('r1', { 'bot.db': 'of the workspace', 'services/bot/bot.db': 'brought' }, 'services/bot');
    await first.link();
    expect(readlinkSync(join(first.folder, 'services/bot/bot.db'))).toBe(join(data, 'bot.db'));
    expect([inData('bot.db'), first.read('bot.db')]).toEqual(['brought', 'of the workspace']);
    expect(readFileSync(join(first.brought, 'services/bot/bot.db'), 'utf8')).toBe('brought');
    first.replace('services/bot/bot.db', 'saved by a rename');

    const second = release('r2');
    await second.readOthers();
    await second.link();
    expect(second.read('bot.db')).toBe('saved by a rename');
    await first.settle();
    expect(readlinkSync(join(first.folder, 'services/bot/bot.db'))).toBe(join(data, 'bot.db'));
    expect([first.read('bot.db'), inData('bot.db')]).toEqual(['of the workspace', 'saved by a rename']);
  });

  it('linking a release can be repeated after the worker is killed at any point without losing data', async () => {
    const places = await killedEverywhere(() => {
      const { release, inData } = scene();
      const first = release('r1', { 'bot.db': 'brought', 'bot.db-wal': 'commits', 'data/a/x': 'x' });
      return {
        work: first.link,
        check: () => {
          expect([inData('bot.db'), inData('bot.db-wal'), inData('data/a/x')]).toEqual(['brought', 'commits', 'x']);
          for (const { path } of PATHS) expect(lstatSync(join(first.folder, path)).isSymbolicLink()).toBe(true);
          expect(existsSync(join(first.brought, 'data/a/x'))).toBe(true);
        },
      };
    });
    expect(places).toBeGreaterThan(15);
  });

  it('a file that an app saved with a rename is kept although the worker is killed at any point afterwards', async () => {
    for (const again of ['settle', 'link'] as const) {
      const stages = await Promise.all(
        Array.from({ length: 80 }, async () => {
          const stage = scene();
          const first = stage.release('r1', { 'bot.db': 'brought' });
          await first.link();
          writeFileSync(join(stage.data, 'bot.db-wal'), 'of the old one');
          first.replace('bot.db', 'saved');
          first.replace('bot.db-journal', 'commits');
          return { ...stage, first };
        }),
      );
      await killedEverywhere(() => {
        const { data, first, inData } = stages.pop()!;
        return {
          work: (on) => first[again](on),
          check: () => {
            expect([inData('bot.db'), inData('bot.db-journal')]).toEqual(['saved', 'commits']);
            expect(existsSync(join(data, 'bot.db-wal'))).toBe(false);
            expect(first.read('bot.db')).toBe('saved');
            expect(lstatSync(join(first.folder, 'bot.db')).isSymbolicLink()).toBe(true);
          },
        };
      });
    }
  });

  it('a folder that an app replaced becomes the data', async () => {
    const { release, inData, data } = scene();
    const first = release('r1', { 'data/old': 'old' });
    await first.link();
    rmSync(join(first.folder, 'data'));
    first.write('data/new', 'new');
    await first.settle();
    expect(inData('data/new')).toBe('new');
    expect(existsSync(join(data, 'data/old'))).toBe(false);
  });

  it('a new release starts with the file that the running release saved, and the older file never replaces newer data', async () => {
    const { release, inData } = scene();
    const [old, next] = [release('r1'), release('r2')];
    await old.link();
    old.replace('bot.db', 'of the old');
    await next.readOthers();
    await next.link();
    expect(next.read('bot.db')).toBe('of the old');
    expect(lstatSync(join(old.folder, 'bot.db')).isFile()).toBe(true); // it may be writing there
    next.write('bot.db', 'of the next, through its link');
    await old.settle();
    expect(inData('bot.db')).toContain('of the next');
  });

  it('a FIFO in place of a symlink is discarded, and all other files are kept', async () => {
    const { data, release, inData } = scene();
    const first = release('r1', { 'bot.db': 'kept', 'data/a': 'x' });
    await first.link();
    for (const path of ['bot.db', 'data']) rmSync(join(first.folder, path));
    first.write('data/b', 'new');
    execFileSync('mkfifo', [join(first.folder, 'bot.db'), join(first.folder, 'data/fifo')]);
    await first.settle();
    expect([inData('bot.db'), inData('data/b'), existsSync(join(data, 'data/fifo'))]).toEqual(['kept', 'new', false]);
    expect(readlinkSync(join(first.folder, 'bot.db'))).toBe(join(data, 'bot.db'));
  });

  it('a rollback to a release with fewer persisted paths uses the release’s own files at the other paths', async () => {
    const { release, inData } = scene();
    const few = release('r1', { 'data/x': 'x' });
    await few.link(disk, [PATHS[0]!]);
    expect(few.read('data/x')).toBe('x');
    const more = release('r2', { 'data/x': 'y' });
    await more.link();
    await few.link(disk, [PATHS[0]!]);
    expect([few.read('data/x'), inData('data/x')]).toEqual(['x', 'y']);
  });
});

it('a persisted file with a name of 255 bytes is kept although the names of its journals would be too long', async () => {
  const { release, inData } = scene();
  const path = 'x'.repeat(255);
  const first = release('r1', { [path]: 'brought' });
  await first.link(disk, [{ path, kind: 'file' }]);
  first.replace(path, 'saved');
  await first.settle();
  expect([first.read(path), inData(path)]).toEqual(['saved', 'saved']);
});

describe('symlinks in the data', () => {
  it('a symlink in place of a parent folder in the data is refused and not followed', async () => {
    const { at, data, release } = scene();
    const outside = join(at.root, 'outside');
    mkdirSync(outside);
    mkdirSync(data, { recursive: true });
    symlinkSync(outside, join(data, 'deep'));
    await expect(release('r1', { 'deep/er/state.json': 'x' }).link()).rejects.toMatchObject({
      text: 'persist.in_the_way',
    });
    expect(existsSync(join(outside, 'er'))).toBe(false);
  });

  it('a symlink in place of a persisted file is refused, and its target never becomes the data', async () => {
    const { at, data, release } = scene();
    const first = release('r1');
    await first.link();
    const secret = join(at.root, 'secret.key');
    writeFileSync(secret, 'secret');
    symlinkSync(secret, join(data, 'bot.db'));
    await first.settle();
    await release('r2').readOthers();
    expect(readlinkSync(join(data, 'bot.db'))).toBe(secret);
    await expect(release('r2').link()).rejects.toMatchObject({ text: 'persist.not_plain' });
  });
});
