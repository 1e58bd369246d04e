import {
  existsSync,
  lstatSync,
  renameSync,
  readlinkSync,
  readdirSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { disk, type DiskPort } from '../../../src/activities/ports/disk-port.js';
import type { ContainerData, CopyOrder } from '../../../src/activities/ports/docker/container-data.js';
import type { ContainersData } from '../../../src/activities/ports/docker/container-facts.js';
import type { InstanceRecord } from '../../../src/activities/ports/instance-port.js';
import { createServiceData, type DataPorts } from '../../../src/activities/persist/service-data.js';
import type { HostSettings } from '../../../src/activities/settings.js';
import {
  dataFiles,
  dataGuard,
  dataStaging,
  dataWriters,
  formerDataWriters,
  layout,
  releaseDir,
  serviceData,
} from '../../../src/contract/layout.js';
import type { PersistedPath } from '../../../src/contract/persist.js';
import { killedEverywhere } from '../../support/dying-disk.js';
import { interruptedDisk, secretFolder } from '../../support/interrupted-disk.js';
import { about } from '../../support/jest/about.js';
import { onTestFinished } from '../../support/jest/test-end.js';

const PATHS: PersistedPath[] = [
  { path: 'bot.db', kind: 'file' },
  { path: 'data', kind: 'folder' },
];
const HOUR_MS = 60 * 60 * 1000;

/** A container that saved this at a path, by a rename, in place of its link. */
interface Saving {
  data?: Partial<ContainersData>;
  saved: Record<string, string>;
  /** Of those paths, the ones that can't be copied. */
  tooMuch?: string[];
}

/** A real disk, and an engine that has nothing but what a test says. */
function scene() {
  const at = layout(mkdtempSync(join(tmpdir(), 'slipway-data-')));
  onTestFinished(() => {
    rmSync(at.root, { recursive: true });
  });
  const root = serviceData(at, 'bot');
  const files = dataFiles(at, 'bot');
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode: 0o600 });
  };
  const logged: LogEntry[] = [];
  const logger = new DefaultLogger('WARN', (entry) => logged.push(entry));
  const act = <T>(work: () => Promise<T>): Promise<T> => new MockActivityEnvironment({}, { logger }).run(work);
  /** Path in the image -> text. */
  const image: Record<string, string> = {};
  const running: Record<string, Saving> = {};
  const walks: string[] = [];
  /** Called while a copy is on its way into this folder. */
  let whileCopying: (into: string) => unknown = () => undefined;
  const copy = (text: string | undefined, into: string) => {
    whileCopying(into);
    if (text === undefined) return Promise.resolve(undefined);
    writeFileSync(join(into, 'copy'), text, { mode: 0o600 });
    return Promise.resolve({ path: join(into, 'copy'), leftOut: ['copy/absolute'] });
  };
  const nobody = { listInstances: () => Promise.resolve([]), readRecord: () => Promise.resolve(undefined) };
  const ports = {
    tools: { withLock: (_path: string, work: () => Promise<void>) => work() },
    engine: {
      mapsRoot: () => Promise.resolve(false),
      hostPaths: () => Promise.resolve((path: string) => path),
      copyFromImage: (order: { at: string; into: string }) => copy(image[order.at], order.into),
    },
    processes: nobody,
    containers: {
      listInstances: () => Promise.resolve(Object.keys(running)),
      readRecord: (instanceId: string) => Promise.resolve(recordOf(instanceId)),
      dataOf: (instanceId: string) => {
        const links = PATHS.map(({ path }) => ({ path, at: `/app/${path}` }));
        return Promise.resolve({ links, mountedFiles: [], image: 'i', user: '10001', ...running[instanceId]?.data });
      },
      statIn: (instanceId: string, path: string) => {
        const isSaved = running[instanceId]?.saved[path] !== undefined;
        return Promise.resolve(isSaved ? { kind: 'other', modifiedAt: Infinity } : { kind: 'link', modifiedAt: 0 });
      },
      copyOut(instanceId: string, { at, into }: CopyOrder) {
        const { saved = {}, tooMuch = [] } = running[instanceId] ?? {};
        return tooMuch.includes(at) ? Promise.resolve({ givenUp: 'too much' }) : copy(saved[at], into);
      },
    },
  };
  const settings = {
    layout: at,
    hostId: 'h1',
    modes: ['docker', 'uv'],
    isolation: 'any',
    processUser: 'root',
  } as unknown as HostSettings;
  const dataOn = (on: DiskPort) => {
    const openToAll = (path: string): Promise<void> => {
      walks.push(path);
      return on.openToAll(path);
    };
    return createServiceData({ ...ports, disk: { ...on, openToAll } } as unknown as DataPorts, settings); // any other call fails the test
  };
  const { signal } = new AbortController();
  return {
    at,
    root,
    files,
    put,
    image,
    running,
    walks,
    logged,
    whileCopying: (work: (into: string) => unknown) => {
      whileCopying = work;
    },
    inData: (path: string) => readFileSync(join(root, path), 'utf8'),
    startAs: (user: string, { volumes = [] as string[], ref = 'i', persist = PATHS, on = disk } = {}) => {
      const facts = { exposed: [], workdir: '/app', user, volumes };
      return act<ContainerData | undefined>(() =>
        dataOn(on).forContainer({ service: 'bot', deploymentId: 'd1', persist }, { ref, facts }, signal),
      );
    },
    startProcess: () =>
      act(() => dataOn(disk).forProcess({ service: 'bot', deploymentId: 'p1', persist: [PATHS[1]!] }, signal)),
    keep: (instanceId: string, on = disk) => act(() => dataOn(on).keepOfContainer(recordOf(instanceId), signal)),
    release: releaseDir(at, 'bot', 'p1'),
    /** As if all that was started so far was started this long ago. */
    later: (ms: number) => {
      const writers = JSON.parse(readFileSync(dataWriters(at, 'bot'), 'utf8')) as Record<string, number>;
      const earlier = Object.entries(writers).map(([user, started]) => [user, started - ms] as const);
      writeFileSync(dataWriters(at, 'bot'), JSON.stringify(Object.fromEntries(earlier)));
    },
  };
}

const recordOf = (instanceId: string): InstanceRecord =>
  ({ instanceId, service: 'bot', deploymentId: 'd0' }) as InstanceRecord; // all that is asked of it
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

it.each<[string, string[], (root: string, outside: string) => void]>([
  ['a volume', ['/app/data'], (root, outside) => symlinkSync(outside, join(root, 'data'))],
  [
    'a folder above a volume',
    ['/app/data/deep/er'],
    (root, outside) => {
      mkdirSync(join(root, 'data'));
      symlinkSync(outside, join(root, 'data/deep'));
    },
  ],
  [
    'a volume below a persisted folder',
    ['/app/data/deep'],
    (root, outside) => {
      mkdirSync(join(root, 'data'));
      symlinkSync(outside, join(root, 'data/deep'));
    },
  ],
  ['a persisted file', [], (root, outside) => symlinkSync(join(outside, 'secret.key'), join(root, 'bot.db'))],
])('a start is refused if an app left a symlink in place of %s', async (_what, volumes, plant) => {
  const { at, root, startAs } = scene();
  const outside = join(at.root, 'outside');
  for (const folder of [root, join(outside, 'er')]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(outside, 'secret.key'), 'secret', { mode: 0o600 });
  plant(root, outside);
  await expect(startAs('10001', { volumes })).rejects.toMatchObject({ code: 'source_invalid' });
  expect(modeOf(join(outside, 'secret.key'))).toBe('600');
});

it('a start is refused if a symlink replaces the data during the preparation', async () => {
  const { at, root, startAs, whileCopying } = scene();
  mkdirSync(join(root, 'data'), { recursive: true });
  whileCopying(() => {
    rmSync(join(root, 'data'), { recursive: true });
    symlinkSync(at.root, join(root, 'data'));
  });
  await expect(startAs('10001', { volumes: ['/app/data'] })).rejects.toMatchObject({ code: 'source_invalid' });
});

it('data from an image is prepared outside the data folder, and the staging folder is removed afterwards', async () => {
  const { at, root, startAs, image, inData, logged, whileCopying } = scene();
  image['/app/bot.db'] = 'brought';
  const seen: string[] = [];
  whileCopying((into) => seen.push(into));
  await startAs('10001');
  expect(inData('bot.db')).toBe('brought');
  expect(modeOf(join(root, 'bot.db'))).toBe('666');
  expect(seen.length).toBeGreaterThan(0);
  for (const into of seen)
    about(into, () => {
      expect(into.startsWith(`${at.data}/`)).toBe(false);
    });
  expect(existsSync(dataStaging(at, 'bot'))).toBe(false);
  expect(logged.map(({ meta }): unknown => meta?.['entry'])).toEqual(['copy/absolute']);
});

it('data of a container isn’t copied if a symlink replaced its volume, and a start of another release isn’t affected', async () => {
  const { root, at, keep, running, startAs, put, inData } = scene();
  put('bot.db', 'known');
  symlinkSync(at.root, join(root, 'data'));
  running['old'] = { data: { mountedFiles: ['data'] }, saved: { '/app/bot.db': 'saved' } };
  await expect(keep('old')).rejects.toMatchObject({ code: 'source_invalid' });
  await startAs('10001', { persist: [PATHS[0]!] }); // of another release, whom it does not hold up
  expect(inData('bot.db')).toBe('known');
});

it('a start of a process is refused while a symlink is in place of the data, and the target isn’t copied', async () => {
  const { at, root, startProcess } = scene();
  await startProcess();
  mkdirSync(join(at.root, 'outside'));
  writeFileSync(join(at.root, 'outside/secret.key'), 'secret');
  rmSync(join(root, 'data'), { recursive: true });
  symlinkSync(join(at.root, 'outside'), join(root, 'data'));
  await expect(startProcess()).rejects.toMatchObject({ text: 'persist.not_plain' });
  expect(existsSync(join(root, 'data/secret.key'))).toBe(true); // by the link
  rmSync(join(root, 'data'));
  await startProcess();
  expect(existsSync(join(root, 'data/secret.key'))).toBe(false);
});

it('all data is opened only if another user may have written to the data since the last start', async () => {
  const { root, files, walks, startAs, startProcess, put, later } = scene();
  const walked = (): boolean => walks.splice(0).includes(files);
  put('data/deep/er/x', '');
  await startAs('10001');
  expect(walked()).toBe(true);
  expect(modeOf(join(root, 'data/deep/er/x'))).toBe('666');
  await startAs('10001', { ref: 'of another release' });
  expect(walked()).toBe(false);
  await startAs('10002');
  expect(walked()).toBe(true);
  await startAs('10001');
  expect(walked()).toBe(true);
  later(2 * HOUR_MS);
  await startAs('10001'); // the other is over by now
  expect(walked()).toBe(true);
  await startAs('10001');
  expect(walked()).toBe(false);
  await startAs('root');
  await startAs('10001:users');
  expect(walked()).toBe(true);
  later(2 * HOUR_MS);
  await startAs('10001');
  await startProcess();
  walked();
  put('data/deep/er/y', '');
  await startAs('10001');
  expect(walked()).toBe(true);
  expect(modeOf(join(root, 'data/deep/er/y'))).toBe('666');
});

it('a user name counts as a different user in each image', async () => {
  const { files, walks, startAs } = scene();
  await startAs('app', { ref: 'one' });
  walks.length = 0;
  await startAs('app', { ref: 'one' });
  expect(walks).not.toContain(files);
  await startAs('app', { ref: 'two' });
  expect(walks).toContain(files);
});

it('a user whose app may still run is remembered until the app has ended', async () => {
  const { files, walks, running, startAs, later } = scene();
  await startAs('10002');
  later(2 * HOUR_MS);
  running['of 10002'] = { saved: {} };
  await startAs('10001');
  delete running['of 10002'];
  later(2 * HOUR_MS);
  walks.length = 0;
  await startAs('10001');
  expect(walks).toContain(files);
  walks.length = 0;
  await startAs('10001');
  expect(walks).not.toContain(files);
});

it('a file that an app saved with a rename is opened without scanning all data', async () => {
  const { root, files, walks, running, startAs, keep, inData } = scene();
  await startAs('10001');
  walks.length = 0;
  running['old'] = { saved: { '/app/bot.db': 'saved' } };
  await keep('old');
  await startAs('10001');
  expect(inData('bot.db')).toBe('saved');
  expect(modeOf(join(root, 'bot.db'))).toBe('666');
  expect(walks).not.toContain(files);
});

it('data that is too large to copy doesn’t fail a stop, and the old data stays without a journal of another database', async () => {
  const { root, put, running, startAs, keep, inData, logged } = scene();
  await startAs('10001');
  put('bot.db', 'known');
  put('bot.db-wal', 'known');
  const saved = { '/app/bot.db': 'new', '/app/bot.db-wal': 'new', '/app/data': 'new' };
  running['old'] = { saved, tooMuch: ['/app/bot.db', '/app/data'] };
  await keep('old');
  expect(inData('bot.db')).toBe('known');
  expect(existsSync(join(root, 'bot.db-wal'))).toBe(false);
  expect(logged.map(({ meta }) => meta?.['reason'] as unknown).filter(Boolean)).toEqual(['too much', 'too much']);
});

describe('persisted folders in volumes of an image', () => {
  const volumes = ['/app/data', '/app/data/deep/'];

  it('a persisted folder in a volume is stored apart from the files and mounted from there', async () => {
    const { at, root, put, startAs, inData } = scene();
    put('data/x', 'x');
    put('data/deep/y', 'y');
    const { mounts, links } = (await startAs('10001', { volumes }))!;
    expect(links).toEqual([{ path: 'bot.db', at: '/app/bot.db' }]);
    const apart = join(dataGuard(at, 'bot'), 'volumes');
    const [whole, outer, inner, ...placed] = mounts;
    expect(whole).toEqual({ source: dataFiles(at, 'bot'), at: '/slipway/data' });
    for (const mount of [outer!, inner!]) {
      expect(dirname(mount.source)).toBe(apart);
      expect(mount.at).toBe(`/slipway/volumes/${basename(mount.source)}`);
    }
    expect(placed).toEqual([
      { source: outer!.source, at: '/app/data' },
      { source: inner!.source, at: '/app/data/deep' },
    ]);
    expect(readdirSync(outer!.source).sort()).toEqual(['deep', 'x']);
    expect(readdirSync(inner!.source)).toEqual(['y']);
    expect(modeOf(outer!.source)).toBe('777');
    expect([inData('data/x'), inData('data/deep/y')]).toEqual(['x', 'y']); // by links, as a process sees them
    expect(readlinkSync(join(root, 'data'))).toBe(`../volumes/${basename(outer!.source)}`);
  });

  it('a volume folder stays the same at later starts of images without the volume and of processes', async () => {
    const { put, startAs, startProcess, inData, release } = scene();
    put('data/x', 'x');
    const first = (await startAs('10001', { volumes }))!;
    expect(await startAs('10001', { volumes })).toEqual(first);
    const plain = (await startAs('10001'))!;
    expect(plain.mounts).toEqual(first.mounts.slice(0, 3));
    expect(plain.links).toContainEqual({ path: 'data', at: '/app/data' });
    const outer = (await startAs('10001', { volumes: ['/app/data'] }))!;
    expect(outer.mounts.map(({ at }) => at)).toContain('/app/data/deep'); // a link in the volume would lead astray there
    await startProcess();
    writeFileSync(join(release, 'data/deep/y'), 'of a process');
    expect([inData('data/x'), inData('data/deep/y')]).toEqual(['x', 'of a process']);
  });

  it('a persisted folder that contains a volume is mounted together with the volume', async () => {
    const { put, startAs } = scene();
    put('data/deep/y', 'y');
    const { mounts, links } = (await startAs('10001', { volumes: ['/app/data/deep'] }))!;
    expect(mounts.map(({ at }) => at)).toEqual(expect.arrayContaining(['/app/data', '/app/data/deep']));
    expect(links).toEqual([{ path: 'bot.db', at: '/app/bot.db' }]);
  });

  it('the volumes of all images of a service are limited to 300', async () => {
    const { startAs } = scene();
    const volumesFrom = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => `/app/data/v${from + n}`);
    await startAs('10001', { volumes: volumesFrom(0, 150) });
    const { mounts } = (await startAs('10001', { volumes: volumesFrom(150, 145) }))!;
    expect(mounts.length).toBeGreaterThan(2 * 145); // each at its own place, and at the place of all data
    await expect(startAs('10001', { volumes: volumesFrom(295, 20) })).rejects.toMatchObject({
      code: 'build_failed',
      text: 'persist.many_volumes',
      params: { most: 300 },
    });
    await expect(startAs('10001', { volumes: volumesFrom(0, 1) })).resolves.toBeDefined();
  });

  it('a folder that an app created in place of its symlink becomes the volume folder', async () => {
    const { root, put, startAs, inData } = scene();
    put('data/x', 'old');
    await startAs('10001', { volumes: ['/app/data'] });
    rmSync(join(root, 'data'));
    put('data/x', 'new');
    const { mounts } = (await startAs('10001', { volumes: ['/app/data'] }))!;
    expect(readFileSync(join(mounts[1]!.source, 'x'), 'utf8')).toBe('new');
    expect(inData('data/x')).toBe('new');
  });

  it('data in volume folders isn’t lost if the worker is killed at any point of a start', async () => {
    const places = await killedEverywhere(() => {
      const staged = scene();
      staged.put('data/x', 'x');
      staged.put('data/deep/y', 'y');
      writeFileSync(formerDataWriters(staged.at, 'bot'), '{}');
      return {
        work: async (on) => {
          await staged.startAs('10001', { volumes, on });
        },
        check: () => {
          expect([staged.inData('data/x'), staged.inData('data/deep/y')]).toEqual(['x', 'y']);
          expect(existsSync(formerDataWriters(staged.at, 'bot'))).toBe(false);
        },
      };
    });
    expect(places).toBeGreaterThan(15);
  });
});

it('a start is refused if the data folder is a symlink that Slipway didn’t create', async () => {
  const { at, root, startAs } = scene();
  mkdirSync(join(at.root, 'another-disk'), { recursive: true });
  mkdirSync(at.data, { recursive: true });
  symlinkSync(join(at.root, 'another-disk'), root);
  await expect(startAs('10001')).rejects.toMatchObject({ text: 'persist.foreign_link' });
  expect(readlinkSync(root)).toBe(join(at.root, 'another-disk'));
});

it('data of an earlier version is moved, and the former path stays usable', async () => {
  const { at, root, put, startAs, inData } = scene();
  put('bot.db', 'rows');
  await startAs('10001', { persist: [PATHS[0]!] });
  expect(readFileSync(join(dataFiles(at, 'bot'), 'bot.db'), 'utf8')).toBe('rows');
  writeFileSync(join(root, 'bot.db-journal'), 'commits');
  expect(readFileSync(join(dataFiles(at, 'bot'), 'bot.db-journal'), 'utf8')).toBe('commits');
  expect(inData('bot.db')).toBe('rows');
});

it.each(['data', 'data/deep'])(
  'a symlink that replaces %s at any moment exposes, changes and mounts no file outside',
  async (swapped) => {
    let calls = Infinity;
    for (let nth = 1; nth <= calls; nth += 1) {
      const { at, root, put, image, startAs, running, keep } = scene();
      const seen = secretFolder(join(at.root, 'outside'));
      const before = seen();
      for (const name of ['x', 'deep/y']) put(`data/${name}`, 'data');
      image['/app/bot.db'] = image['/app/data/deep/state.json'] = 'brought';
      const interrupted = interruptedDisk(nth, () => {
        const place = join(root, swapped);
        if (!existsSync(place) || lstatSync(place).isSymbolicLink()) return;
        renameSync(place, join(at.root, 'moved'));
        symlinkSync(join(at.root, 'outside'), place);
      });
      const { on } = interrupted;
      const persist: PersistedPath[] = [...PATHS, { path: 'data/deep/state.json', kind: 'file' }];
      const failure = (error: unknown): undefined => {
        expect(error).toMatchObject({ code: 'source_invalid' });
      };
      const started = await startAs('10001', { volumes: ['/app/data/deep'], persist, on }).catch(failure);
      for (const { source } of started?.mounts ?? []) {
        about(source, () => {
          expect(lstatSync(source).isDirectory()).toBe(true);
        });
        expect(readdirSync(source)).not.toContain('secret.key');
      }
      running['old'] = { saved: { '/app/data': 'saved' } };
      await keep('old', on).catch(failure);
      about(`call ${nth}`, () => {
        expect(seen()).toEqual(before);
      });
      calls = interrupted.calls();
    }
    expect(calls).toBeGreaterThan(50);
  },
);
