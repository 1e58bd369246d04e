import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { buildEnvironment } from '../../../src/activities/environment-builder.js';
import { openDataPlace } from '../../../src/activities/persist/data-place.js';
import { linkRelease } from '../../../src/activities/persist/release-links.js';
import { disk } from '../../../src/activities/ports/disk-port.js';
import { createLogs } from '../../../src/activities/ports/log-port.js';
import {
  dataLock,
  dataStaging,
  deploymentLock,
  environmentDir,
  environmentLock,
  environmentUses,
  releaseDir,
  releaseManifest,
  serviceData,
  temporaryDir,
  type Layout,
} from '../../../src/contract/layout.js';
import type { InstallInput } from '../../../src/contract/steps.js';
import { act, attemptRef, eventually, timesOpen, writeFiles } from '../../support/activity-host.js';
import { age, createCleaningHost } from '../../support/garbage-collection.js';
import { inlineParser } from '../../support/inline-parser.js';

async function putRelease(at: Layout, service: string, id: string): Promise<void> {
  await writeFiles(releaseDir(at, service, id), { 'main.py': '' });
  await disk.writeAtomically(releaseManifest(at, service, id), '{}');
}

const putEnvironment = (at: Layout, key: string): Promise<string> =>
  writeFiles(environmentDir(at, key), { '.complete': '', 'bin/python': '' });

const releasesOf = (at: Layout, service: string): string[] => readdirSync(join(at.releases, service));

it('garbage collection removes releases with their manifests, environments and temporary folders that no service owns', async () => {
  const { layout: at, owned, cleanHost } = createCleaningHost();
  owned.shop = { d2: 'uv-2' };
  for (const id of ['d1', 'd2']) await putRelease(at, 'shop', id);
  await putRelease(at, 'gone', 'd0');
  for (const key of ['uv-1', 'uv-2']) await putEnvironment(at, key);
  await writeFiles(temporaryDir(at, 'd2', 1), { 'shop/main.py': '' });
  await cleanHost();
  expect(releasesOf(at, 'shop')).toEqual(['d2', 'd2.manifest.json']);
  expect(releasesOf(at, 'gone')).toEqual([]);
  expect(readdirSync(at.environments)).toEqual(['uv-2']);
  expect(readdirSync(at.temporary)).toEqual([]);
});

it('garbage collection removes links of a removed release but not their targets, and keeps the data of unregistered services', async () => {
  const { layout: at, owned, cleanHost } = createCleaningHost();
  owned.shop = {};
  await putRelease(at, 'shop', 'd1');
  await writeFiles(releaseDir(at, 'shop', 'd1'), { 'data/brought': '' });
  const place = await openDataPlace(disk, at, 'shop');
  await linkRelease(disk, at, place, { service: 'shop', deploymentId: 'd1' }, [{ path: 'data', kind: 'folder' }]);
  for (const service of ['shop', 'gone']) await writeFiles(serviceData(at, service), { 'data/x': '', 'bot.db': '' });
  age(serviceData(at, 'gone'), 1000 * 24 * 60 * 60 * 1000);
  await cleanHost();
  expect(releasesOf(at, 'shop')).toEqual([]);
  expect(readdirSync(join(serviceData(at, 'shop'), 'data'))).toEqual(['brought', 'x']);
  expect(readdirSync(serviceData(at, 'gone'))).toEqual(['bot.db', 'data']);
});

it('garbage collection removes data staging that a killed worker left, unless the data lock is held', async () => {
  const { layout: at, ports, cleanHost } = createCleaningHost();
  for (const service of ['shop', 'bot']) await writeFiles(dataStaging(at, service), { fresh: '' });
  await ports.tools.withLock(dataLock(at, 'shop'), cleanHost);
  expect(readdirSync(at.temporary)).toEqual(['.data-shop']);
  await cleanHost();
  expect(readdirSync(at.temporary)).toEqual([]);
});

it('garbage collection keeps the release of a deployment in flight, and all environments until the deployment uses an environment', async () => {
  const { layout: at, owned, entities, cleanHost } = createCleaningHost();
  owned.shop = {};
  for (const id of ['d1', 'd2']) await putRelease(at, 'shop', id);
  for (const id of ['d1', 'd2']) await writeFiles(temporaryDir(at, id, 1), { 'main.py': '' });
  await putEnvironment(at, 'uv-1');
  entities.readInFlight = () => Promise.resolve(['d2']);
  await cleanHost();
  expect(releasesOf(at, 'shop')).toEqual(['d2', 'd2.manifest.json']);
  expect(readdirSync(at.temporary)).toEqual(['d2.1']);
  expect(readdirSync(at.environments)).toEqual(['uv-1']);
});

it('garbage collection keeps the environment that a deployment in flight uses and removes other environments', async () => {
  const { layout: at, owned, entities, ports, settings, cleanHost } = createCleaningHost();
  owned.shop = {};
  const input = { ...attemptRef('shop'), environmentKey: 'uv-1', release: {} } as InstallInput; // no more of it is used
  const id = input.deploymentId;
  await putRelease(at, 'shop', id);
  for (const key of ['uv-1', 'uv-2']) await putEnvironment(at, key);
  const steps = { ...ports, logs: createLogs(at), python: { list: () => Promise.resolve([]) }, parser: inlineParser };
  const build: Parameters<typeof buildEnvironment>[3] = async ({ environment }) => {
    await writeFiles(environment, { 'bin/anew': '' });
  };
  entities.readInFlight = () => Promise.resolve([id, 'queued']); // one that waits has taken up nothing
  await act(() => buildEnvironment(steps, settings, input, build));
  await cleanHost();
  expect([readdirSync(at.environments), readdirSync(at.environmentUses)]).toEqual([['uv-1'], ['uv-1']]);

  entities.readInFlight = () => Promise.resolve(['queued']);
  await cleanHost();
  expect([readdirSync(at.environments), readdirSync(at.environmentUses)]).toEqual([[], []]);
});

it('a deployment in flight that has no release on the host keeps no environment', async () => {
  const { layout: at, entities, cleanHost } = createCleaningHost();
  await putEnvironment(at, 'uv-1');
  entities.readInFlight = () => Promise.resolve(['elsewhere']);
  await cleanHost();
  expect(readdirSync(at.environments)).toEqual([]);
});

it('garbage collection keeps the release and the environments of a running app that belongs to no known service', async () => {
  const { host, layout: at, cleanHost } = createCleaningHost();
  for (const id of ['d1', 'd2']) await putRelease(at, 'shop', id);
  await putEnvironment(at, 'uv-1');
  await host.processes.start(host.order('sleep 3600', { facts: { deploymentId: 'd1' } }));
  await cleanHost();
  expect(releasesOf(at, 'shop')).toEqual(['d1', 'd1.manifest.json']);
  expect(readdirSync(at.environments)).toEqual(['uv-1']);
});

it('garbage collection fails and removes no release if the engine can’t list its containers', async () => {
  const { layout: at, ports, cleanHost } = createCleaningHost();
  await putRelease(at, 'shop', 'd1');
  ports.containers.listInstances = () => Promise.reject(new Error('the engine is stuck'));
  await expect(cleanHost()).rejects.toThrow('the engine is stuck');
  expect(releasesOf(at, 'shop')).toEqual(['d1', 'd1.manifest.json']);
});

it('garbage collection skips locked releases and environments without waiting for their locks', async () => {
  const { layout: at, ports, cleanHost } = createCleaningHost();
  await putRelease(at, 'shop', 'd1');
  await putEnvironment(at, 'uv-1');
  await ports.tools.withLock(deploymentLock(at, 'd1'), () =>
    ports.tools.withLock(environmentLock(at, 'uv-1'), cleanHost),
  );
  expect(releasesOf(at, 'shop')).toEqual(['d1', 'd1.manifest.json']);
  expect(readdirSync(at.environments)).toEqual(['uv-1']);
});

it('garbage collection reads the gate and the services again under the lock, and keeps releases and environments in use', async () => {
  const { layout: at, owned, entities, ports, cleanHost } = createCleaningHost();
  owned.shop = {};
  await putRelease(at, 'shop', 'd1');
  for (const key of ['uv-1', 'uv-2']) await putEnvironment(at, key);
  const isHeld = async (lock: string): Promise<boolean> =>
    (await ports.tools.ifFree(lock, () => Promise.resolve('free'))) === undefined;
  const asked: [string, boolean][] = [];
  entities.readInFlight = async () => {
    const locks = [deploymentLock(at, 'd1'), environmentLock(at, 'uv-1'), environmentLock(at, 'uv-2')];
    const held = await Promise.all(locks.map(isHeld));
    if (held[0]) owned.shop = { d1: 'uv-1' }; // it ends as it is asked for
    asked.push(['d1', held[0]!], ['uv-1', held[1]!], ['uv-2', held[2]!]);
    if (held[2]) await writeFiles(environmentUses(at, 'uv-2'), { d9: '' }); // it is taken up as it is asked for
    return held[2] ? ['d9'] : [];
  };
  await cleanHost();
  expect([...new Set(asked.filter(([, held]) => held).map(([name]) => name))]).toEqual(['d1', 'uv-1', 'uv-2']);
  expect(releasesOf(at, 'shop')).toEqual(['d1', 'd1.manifest.json']);
  expect(readdirSync(at.environments)).toEqual(['uv-1', 'uv-2']);
});

it('a deployment that needs an environment during its removal builds the environment again', async () => {
  const { layout: at, owned, entities, ports, settings, cleanHost } = createCleaningHost();
  await putEnvironment(at, 'uv-1');
  const input = { ...attemptRef('shop'), environmentKey: 'uv-1', release: {} } as InstallInput; // no more of it is used
  await putRelease(at, 'shop', input.deploymentId);
  owned.shop = { [input.deploymentId]: 'not yet told' };
  const logs = createLogs(at);
  const python = { list: () => Promise.resolve([]) };
  const installing: Promise<void>[] = [];
  const lock = environmentLock(at, 'uv-1');
  entities.readInFlight = async () => {
    if (timesOpen(lock) === 0 || installing.length > 0) return []; // not under the lock yet
    installing.push(install());
    await eventually(() => timesOpen(lock) > 1);
    return [];
  };
  const install = (): Promise<void> =>
    act(() =>
      buildEnvironment({ ...ports, logs, python, parser: inlineParser }, settings, input, async ({ environment }) => {
        await writeFiles(environment, { 'bin/anew': '' });
      }),
    );
  await cleanHost();
  await Promise.all(installing);
  expect(installing).toHaveLength(1);
  expect(readdirSync(join(environmentDir(at, 'uv-1'), 'bin'))).toEqual(['anew']);
});

it('garbage collection moves an environment away before deleting it, and retries a failed deletion in the next run', async () => {
  let refusing = true;
  const remove = (path: string): Promise<void> =>
    refusing && path.includes('uv-1') ? Promise.reject(new Error('the disk refuses')) : disk.remove(path);
  const { layout: at, cleanHost } = createCleaningHost({ remove });
  for (const key of ['uv-1', 'uv-2']) await putEnvironment(at, key);
  await putRelease(at, 'shop', 'd1');
  await expect(cleanHost()).rejects.toThrow('the disk refuses');
  expect(readdirSync(at.environments)).toEqual([]); // what came after was removed all the same
  expect(readdirSync(at.temporary)).toEqual(['.removed-uv-1']);
  refusing = false;
  await cleanHost();
  expect(readdirSync(at.temporary)).toEqual([]);
  expect(existsSync(releaseDir(at, 'shop', 'd1'))).toBe(false);
});
