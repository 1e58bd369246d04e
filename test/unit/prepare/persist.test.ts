import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openDataPlace } from '../../../src/activities/persist/data-place.js';
import { linkRelease } from '../../../src/activities/persist/release-links.js';
import { createPrepare } from '../../../src/activities/prepare/index.js';
import { releaseBrought, releaseDir, releaseLinks } from '../../../src/contract/layout.js';
import type { Release } from '../../../src/contract/steps.js';
import { act, attemptRef, fileText, makeHost, prepareInput, writeFiles } from '../../support/activity-host.js';

async function withSource(files: Record<string, string>) {
  const host = await makeHost();
  const path = await writeFiles(join(host.sources, 'shop'), files);
  const steps = createPrepare(host.ports, host.settings);
  const prepare = (
    config: Record<string, unknown> = {},
    variables: Record<string, string> = {},
    release?: string,
  ): { ref: ReturnType<typeof attemptRef>; done: Promise<Release> } => {
    const ref = attemptRef('shop');
    const sealed = Object.entries(variables).map(([name, value]) => [
      name,
      host.settings.secrets.seal(value, { service: 'shop', name }),
    ]);
    const source =
      release === undefined ? ({ type: 'directory', path } as const) : ({ type: 'snapshot', release } as const);
    const input = prepareInput(source, { ...config, environment_variables: Object.fromEntries(sealed) }, ref);
    return { ref, done: act(() => steps.prepareRelease(input)) };
  };
  return { host, steps, prepare };
}

test('persisted paths are read from the list and from the decrypted variables of the request', async () => {
  const { prepare } = await withSource({ 'app.py': '' });
  const { done } = prepare({ persist: ['./data/', 'state.json'] }, { DATABASE_URL: 'sqlite:///bot', TOKEN: 'x' });
  expect((await done).persist).toEqual([
    { path: 'bot', kind: 'file' },
    { path: 'data', kind: 'folder' },
    { path: 'state.json', kind: 'file' },
  ]);
  expect(await prepare().done).not.toHaveProperty('persist');
});

test('a database path outside the app is refused', async () => {
  const { prepare } = await withSource({ 'app.py': '' });
  await expect(prepare({}, { DATABASE_URL: 'sqlite:///../bot.db' }).done).rejects.toMatchObject({
    code: 'invalid',
    text: 'persist.outside',
    params: { field: 'config.environment_variables.DATABASE_URL' },
  });
});

test('a snapshot of a release with linked data contains the original files, has the same hash and excludes the data', async () => {
  const { host, steps, prepare } = await withSource({ 'app.py': '', 'bot.db': 'brought', 'data/words': 'brought' });
  const first = prepare();
  const { sourceHash } = await first.done;
  const paths = [
    { path: 'bot.db', kind: 'file' },
    { path: 'data', kind: 'folder' },
    { path: 'made.db', kind: 'file' },
  ] as const;
  const place = await openDataPlace(host.ports.disk, host.at, 'shop');
  await linkRelease(host.ports.disk, host.at, place, first.ref, paths);
  const folder = releaseDir(host.at, 'shop', first.ref.deploymentId);
  await writeFiles(folder, { 'bot.db': 'written', 'data/words': 'written', 'made.db': 'written' });
  const again = prepare({}, {}, first.ref.deploymentId);
  expect((await again.done).sourceHash).toBe(sourceHash);
  const copy = releaseDir(host.at, 'shop', again.ref.deploymentId);
  expect(['bot.db', 'data/words'].map((path) => fileText(join(copy, path)))).toEqual(['brought', 'brought']);
  expect(await host.ports.disk.exists(join(copy, 'made.db'))).toBe(false);
  expect(fileText(join(folder, 'data/words'))).toBe('written');

  await act(() => steps.discardRelease(first.ref));
  for (const place of [releaseDir, releaseLinks, releaseBrought])
    expect(await host.ports.disk.exists(place(host.at, 'shop', first.ref.deploymentId))).toBe(false);
  expect(fileText(join(host.at.data, 'shop/data/words'))).toBe('written');
});
