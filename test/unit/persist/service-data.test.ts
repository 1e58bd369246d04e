import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { expect, it, onTestFinished } from 'vitest';
import { disk } from '../../../src/activities/ports/disk-port.js';
import type { ContainersData } from '../../../src/activities/ports/docker/container-facts.js';
import type { InstanceRecord } from '../../../src/activities/ports/instance-port.js';
import { createServiceData, type DataPorts } from '../../../src/activities/persist/service-data.js';
import type { HostSettings } from '../../../src/activities/settings.js';
import { dataStaging, dataWriters, layout, serviceData } from '../../../src/contract/layout.js';
import type { PersistedPath } from '../../../src/contract/persist.js';

const PATHS: PersistedPath[] = [
  { path: 'bot.db', kind: 'file' },
  { path: 'data', kind: 'folder' },
];
const HOUR_MS = 60 * 60 * 1000;

/** A container that saved this at a path, by a rename, in place of its link. */
interface Saving {
  data?: Partial<ContainersData>;
  saved: Record<string, string>;
}

/** A real disk, and an engine that has nothing but what a test says. */
function scene() {
  const at = layout(mkdtempSync(join(tmpdir(), 'slipway-data-')));
  onTestFinished(() => rmSync(at.root, { recursive: true }));
  const root = serviceData(at, 'bot');
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode: 0o600 });
  };
  const logged: LogEntry[] = [];
  const logger = new DefaultLogger('WARN', (entry) => logged.push(entry));
  const act = (work: () => Promise<unknown>): Promise<unknown> => new MockActivityEnvironment({}, { logger }).run(work);
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
    disk: {
      ...disk,
      openToAll: (path: string) => {
        walks.push(path);
        return disk.openToAll(path);
      },
    },
    tools: { withLock: (_path: string, work: () => Promise<void>) => work() },
    engine: {
      hostPath: (path: string) => Promise.resolve(path),
      copyFromImage: (order: { at: string; into: string }) => copy(image[order.at], order.into),
    },
    processes: nobody,
    containers: {
      listInstances: () => Promise.resolve(Object.keys(running)),
      readRecord: (instanceId: string) => Promise.resolve(recordOf(instanceId)),
      dataOf: (instanceId: string) => {
        const links = PATHS.map(({ path }) => ({ path, at: `/app/${path}` }));
        return Promise.resolve({ links, mounted: [], image: 'i', user: '10001', ...running[instanceId]?.data });
      },
      statIn: (instanceId: string, path: string) => {
        const isSaved = running[instanceId]?.saved[path] !== undefined;
        return Promise.resolve(isSaved ? { kind: 'other', modifiedAt: Infinity } : { kind: 'link', modifiedAt: 0 });
      },
      copyOut: (instanceId: string, path: string, into: string) => copy(running[instanceId]?.saved[path], into),
    },
  } as unknown as DataPorts; // any other call fails the test
  const data = createServiceData(ports, {
    layout: at,
    hostId: 'h1',
    modes: ['docker', 'uv'],
  } as unknown as HostSettings);
  const { signal } = new AbortController();
  return {
    at,
    root,
    put,
    image,
    running,
    walks,
    logged,
    whileCopying: (work: (into: string) => unknown) => {
      whileCopying = work;
    },
    inData: (path: string) => readFileSync(join(root, path), 'utf8'),
    startAs: (user: string, { volumes = [] as string[], ref = 'i', persist = PATHS } = {}) => {
      const facts = { exposed: [], workdir: '/app', user, volumes };
      return act(() => data.forContainer({ service: 'bot', deploymentId: 'd1', persist }, { ref, facts }, signal));
    },
    startProcess: () =>
      act(() => data.forProcess({ service: 'bot', deploymentId: 'p1', persist: [PATHS[1]!] }, signal)),
    keep: (instanceId: string) => act(() => data.keepOfContainer(recordOf(instanceId), signal)),
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
])(
  'a link that an app left in the place of %s is refused: the engine would follow it',
  async (_what, volumes, plant) => {
    const { at, root, startAs } = scene();
    const outside = join(at.root, 'outside');
    for (const folder of [root, join(outside, 'er')]) mkdirSync(folder, { recursive: true });
    writeFileSync(join(outside, 'secret.key'), 'secret', { mode: 0o600 });
    plant(root, outside);
    await expect(startAs('10001', { volumes })).rejects.toMatchObject({ code: 'source_invalid' });
    expect(modeOf(join(outside, 'secret.key'))).toBe('600');
  },
);

it('a link that comes while the data is made ready is refused, too', async () => {
  const { at, root, startAs, whileCopying } = scene();
  mkdirSync(join(root, 'data'), { recursive: true });
  whileCopying(() => {
    rmSync(join(root, 'data'), { recursive: true });
    symlinkSync(at.root, join(root, 'data'));
  });
  await expect(startAs('10001', { volumes: ['/app/data'] })).rejects.toMatchObject({ code: 'source_invalid' });
});

it('what is copied is made ready where no container sees it, and nothing of that stays', async () => {
  const { at, root, startAs, image, inData, logged, whileCopying } = scene();
  image['/app/bot.db'] = 'brought';
  const seen: string[] = [];
  whileCopying((into) => seen.push(into));
  await startAs('10001');
  expect(inData('bot.db')).toBe('brought');
  expect(modeOf(join(root, 'bot.db'))).toBe('666');
  expect(seen.length).toBeGreaterThan(0);
  for (const into of seen) expect(into.startsWith(`${at.data}/`), into).toBe(false);
  expect(existsSync(dataStaging(at, 'bot'))).toBe(false);
  expect(logged.map(({ meta }): unknown => meta?.['entry'])).toEqual(['copy/absolute']);
});

it('a container whose volume has become a link is not copied from: the engine mounts that for a copy, too', async () => {
  const { root, at, keep, running, startAs, put, inData } = scene();
  put('bot.db', 'known');
  symlinkSync(at.root, join(root, 'data'));
  running['old'] = { data: { mounted: ['data'] }, saved: { '/app/bot.db': 'saved' } };
  await expect(keep('old')).rejects.toMatchObject({ code: 'source_invalid' });
  await startAs('10001', { persist: [PATHS[0]!] }); // of another release, whom it does not hold up
  expect(inData('bot.db')).toBe('known');
});

it('what Slipway itself copied by way of a link of its own is not what a container made of the place it leads to', async () => {
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

it('looks through all data only when another user may have written there since', async () => {
  const { root, walks, startAs, startProcess, put, later } = scene();
  const walked = (): boolean => walks.splice(0).includes(root);
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

it('a user with a name is another one in every image', async () => {
  const { root, walks, startAs } = scene();
  await startAs('app', { ref: 'one' });
  walks.length = 0;
  await startAs('app', { ref: 'one' });
  expect(walks).not.toContain(root);
  await startAs('app', { ref: 'two' });
  expect(walks).toContain(root);
});

it('another user’s app that may still run is not forgotten by a look at what it has written so far', async () => {
  const { root, walks, running, startAs, later } = scene();
  await startAs('10002');
  later(2 * HOUR_MS);
  running['of 10002'] = { saved: {} };
  await startAs('10001');
  delete running['of 10002'];
  later(2 * HOUR_MS);
  walks.length = 0;
  await startAs('10001');
  expect(walks).toContain(root);
  walks.length = 0;
  await startAs('10001');
  expect(walks).not.toContain(root);
});

it('what an app saved by a rename is opened to it without a look through all', async () => {
  const { root, walks, running, startAs, keep, inData } = scene();
  await startAs('10001');
  walks.length = 0;
  running['old'] = { saved: { '/app/bot.db': 'saved' } };
  await keep('old');
  await startAs('10001');
  expect(inData('bot.db')).toBe('saved');
  expect(modeOf(join(root, 'bot.db'))).toBe('666');
  expect(walks).not.toContain(root);
});
