// A data folder, a database, apps and deployments of versions that landed before this one go on with this one.
import { lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { layout, serviceData } from '../../src/contract/layout.js';
import { earlierStart, type EarlierVersion } from '../support/earlier-version.js';
import { eventually } from '../support/eventually.js';
import { Slipway } from '../support/slipway.js';
import { closeStatus } from '../support/temporal-cli.js';

/** Writes its name into a persisted file by its path, all the time. */
const DIARY = `
import os, time
while True:
    with open("notes/diary.txt", "a") as diary:
        diary.write(os.environ["NAME"] + "\\n")
    time.sleep(0.05)
`;
const diary = (NAME: string) => ({
  mode: 'fallback',
  config: {
    source: { type: 'directory', path: join(slipway.sources, 'diary') },
    persist: ['notes/'],
    environment_variables: { NAME },
    health_check: { min_uptime: 0.5 },
  },
});

const REGISTERED = Array.from({ length: 200 }, (_, n) => `registered-${String(n).padStart(3, '0')}`);

let slipway: Slipway;

async function registerAll(names: readonly string[]): Promise<void> {
  const left = [...names];
  const callers = Array.from({ length: 8 }, async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift())
      expect(await slipway.call('/api/services', { body: { name, kind: 'worker' } })).toMatchObject({ status: 201 });
  });
  await Promise.all(callers);
}

async function useEarlierVersion() {
  const before = await slipway.run(slipway.app('answers-200'));
  const pids = slipway.appProcesses('answers-200');
  expect(pids).not.toEqual([]);
  const source = join(slipway.sources, 'diary');
  mkdirSync(join(source, 'notes'), { recursive: true });
  writeFileSync(join(source, 'main.py'), DIARY);
  writeFileSync(join(source, 'requirements.txt'), '');
  expect(await slipway.run(diary('earlier'))).toMatchObject({ status: 'completed' });
  await registerAll(REGISTERED);
  writeFileSync(join(slipway.sources, 'long-build/seconds.txt'), '5');
  const { deployment_id: unfinished } = await slipway.deploy(slipway.app('long-build'));
  await slipway.untilStep(unfinished, 'install');
  const { adminKey, hostId } = slipway;
  return { before, pids, unfinished, adminKey, hostId };
}

describe.each<{ version: EarlierVersion; announces: RegExp | undefined; movesData: boolean }>([
  { version: 'landed', announces: undefined, movesData: false },
  {
    version: 'without certificates',
    announces: /This version changes some things.*\n {2}- Temporal now wants a client certificate/,
    movesData: true,
  },
])('an upgrade from the version "$version"', ({ version, announces, movesData }) => {
  /** What the earlier version did, and where it was broken off. */
  let left: Awaited<ReturnType<typeof useEarlierVersion>>;
  beforeAll(async () => {
    slipway = await Slipway.start({}, await earlierStart(version));
    left = await useEarlierVersion();
    await slipway.down();
    expect(slipway.appProcesses('answers-200')).toEqual(left.pids);
    await slipway.up();
  });
  afterAll(() => slipway.remove());

  it('apps keep running across an upgrade, deployments in progress complete, and registered services stay registered', async () => {
    const { before, pids, unfinished, adminKey, hostId } = left;
    if (announces) expect(slipway.output).toMatch(announces);
    else expect(slipway.output).not.toContain('This version changes');

    expect(slipway.adminKey).toBe(adminKey);
    expect(slipway.hostId).toBe(hostId);
    expect(slipway.appProcesses('answers-200')).toEqual(pids);
    expect(await slipway.ended(unfinished)).toMatchObject({ status: 'completed' });
    expect(await slipway.status(before.deployment_id)).toMatchObject({ status: 'completed', release: before.release });
    expect(await slipway.service('answers-200')).toMatchObject({ status: 'running', active_release: before.release });
    expect(await closeStatus(slipway, unfinished)).toBe('COMPLETED');

    const again = await slipway.run(slipway.app('answers-200'));
    expect(again).toMatchObject({ status: 'completed', changed: false });
    const rebuilt = await slipway.run(slipway.app('answers-200', {}, { force_rebuild: true }));
    expect(rebuilt).toMatchObject({ status: 'completed', changed: true });
    const rollback = await slipway.call(`/api/services/answers-200/rollback`, { body: {} });
    expect(rollback.status).toBe(202);
    const { body: history } = await slipway.call<{ deployment_id: string }[]>('/api/deployments?limit=500');
    const ids = history.map(({ deployment_id }) => deployment_id);
    expect(ids).toEqual(expect.arrayContaining([before.deployment_id, unfinished]));

    const { body: services } = await slipway.call<{ name: string }[]>('/api/services');
    expect(services.map(({ name }) => name)).toEqual(expect.arrayContaining(REGISTERED));
    await registerAll(['registered-later']);

    await slipway.down();
    await slipway.up();
    expect(slipway.output).not.toContain('This version changes');
  });

  it('persisted data moves to its current place during an upgrade, and the next release continues to use the data', async () => {
    const data = serviceData(layout(slipway.dataDir), 'diary');
    const lines = (): string[] => readFileSync(join(data, 'notes/diary.txt'), 'utf8').trim().split('\n');
    const writes = (name: string): Promise<unknown> => {
      const before = lines().length;
      return eventually(() => lines().slice(before).includes(name));
    };
    await writes('earlier');
    expect(lstatSync(data).isDirectory()).toBe(movesData);
    const { deployment_id: id } = await slipway.deploy(diary('later'));
    await eventually(() => lstatSync(data, { throwIfNoEntry: false })?.isSymbolicLink() === true, {
      timeoutMs: 60_000,
    });
    expect(await slipway.ended(id)).toMatchObject({ status: 'completed' });
    await writes('later');
    expect(lines()).toContain('earlier');
  });
});
