import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createPrepare } from '../../../src/activities/prepare/index.js';
import { releaseDir } from '../../../src/contract/layout.js';
import { act, attemptRef, makeHost, prepareInput, writeFiles } from '../../support/activity-host.js';

const ROOT = '[tool.uv.workspace]\nmembers = ["packages/*", "services/*"]\nexclude = ["services/alone"]\n';
const project = (name: string): string => `[project]\nname = "${name}"\nversion = "1"\n`;
const FILES = {
  'inner/pyproject.toml': ROOT,
  'inner/uv.lock': 'version = 1\n',
  'inner/.python-version': '3.11\n',
  'inner/packages/shared/pyproject.toml': project('shared'),
  'inner/services/bot/pyproject.toml': project('bot'),
  'inner/services/bot/bot.py': '',
  'inner/services/bot/Procfile': 'worker: python bot.py\n',
  'inner/services/web/pyproject.toml': project('web'),
  'inner/services/web/main.py': '',
  'inner/services/alone/pyproject.toml': project('alone'),
  'inner/services/alone/main.py': '',
  'tools/main.py': '',
  'secrets.txt': 'not of the workspace',
};

async function setUp() {
  const host = await makeHost();
  const path = join(host.sources, 'mono');
  await writeFiles(path, FILES);
  const { prepareRelease } = createPrepare(host.ports, host.settings);
  const prepare = async (subdirectory?: string, config: Record<string, unknown> = {}) => {
    const ref = attemptRef('shop');
    const source = { type: 'directory', path, ...(subdirectory !== undefined && { subdirectory }) } as const;
    const release = await act(() => prepareRelease(prepareInput(source, config, ref)));
    return {
      release,
      ref,
      has: (file: string) => existsSync(join(releaseDir(host.at, 'shop', ref.deploymentId), file)),
    };
  };
  return { host, path, prepare, prepareRelease };
}

test('a workspace member is deployed with its workspace and without files above the workspace', async () => {
  const { prepare, prepareRelease } = await setUp();
  const { release, ref, has } = await prepare('inner/services/bot');
  expect(release).toMatchObject({ folder: 'services/bot', command: 'python bot.py', kind: 'worker', python: '3.11' });
  expect(has('packages/shared/pyproject.toml')).toBe(true);
  expect(has('secrets.txt')).toBe(false);

  const other = await prepare('inner/services/web');
  expect(other.release).toMatchObject({ folder: 'services/web', command: 'python main.py' });
  expect(other.release.sourceHash).not.toBe(release.sourceHash);

  const snapshot = prepareInput({ type: 'snapshot', release: ref.deploymentId }, {}, attemptRef('shop'));
  const again = await act(() => prepareRelease(snapshot));
  expect(again).toMatchObject({ folder: 'services/bot', sourceHash: release.sourceHash });
});

test.each([
  ['tools', 'main.py', 'pyproject.toml'],
  ['inner/services/alone', 'main.py', 'uv.lock'],
])('a folder that isn’t a workspace member is deployed alone: %s', async (subdirectory, has, hasNot) => {
  const { prepare } = await setUp();
  const prepared = await prepare(subdirectory);
  expect(prepared.release.folder).toBeUndefined();
  expect(prepared.has(has)).toBe(true);
  expect(prepared.has(hasNot)).toBe(false);
});

test('a workspace root without a project is refused with the list of its members', async () => {
  const { prepare } = await setUp();
  await expect(prepare('inner', { command: 'python x.py' })).rejects.toMatchObject({
    code: 'source_invalid',
    text: 'workspace.virtual',
    params: { members: 'packages/shared, services/bot, services/web', first: 'packages/shared' },
  });
});

test('a subdirectory that is missing, a file or a symlink to the outside is refused with its name', async () => {
  const { host, path, prepare } = await setUp();
  symlinkSync(host.folder, join(path, 'out'));
  for (const subdirectory of ['inner/none', 'secrets.txt', 'out'])
    await expect(prepare(subdirectory)).rejects.toMatchObject({
      text: 'source_invalid.no_subdirectory',
      params: { path: subdirectory },
    });
});
