import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createUv } from '../../../src/activities/uv/steps.js';
import { releaseDir } from '../../../src/contract/layout.js';
import { act, makeHost, readLog } from '../../support/activity-host.js';
import { has, testInstalls } from '../../support/install-cases.js';
import { checkProject, install, modeSteps, prepareProject } from '../../support/installing.js';

describe('uv', { timeout: 150_000 }, () => {
  const mode = 'uv';
  testInstalls(mode);

  test('takes development groups in dev, and the group of the profile', async () => {
    const pyproject =
      '[project]\nname = "x"\nversion = "1"\ndependencies = []\n[dependency-groups]\ndev = ["toml"]\nweb = ["six"]\n';
    const files = { 'pyproject.toml': pyproject, 'main.py': '' };
    const { python } = await install(mode, { files, check: { environment: 'dev', profile: 'web' } });
    expect([python(has('toml')), python(has('six'))]).toEqual(['True', 'True']);
  });

  test('installs the script of a project that names no backend, as that is what is run', async () => {
    const pyproject = '[project]\nname = "tool"\nversion = "1"\n[project.scripts]\ntool = "tool:main"\n';
    const { environment } = await install(mode, {
      files: { 'pyproject.toml': pyproject, 'tool.py': 'def main(): print("ran")\n' },
    });
    expect(execFileSync(join(environment, 'bin', 'tool'), { encoding: 'utf8' })).toBe('ran\n');
  });

  test('may pass at another try when the index is out of reach', async () => {
    const host = await makeHost();
    const reachless = {
      PIP_INDEX_URL: 'http://127.0.0.1:9/simple',
      PIP_RETRIES: '1',
      PIP_FIND_LINKS: '',
      UV_DEFAULT_INDEX: 'http://127.0.0.1:9/simple',
      UV_NO_CACHE: '1',
      UV_HTTP_RETRIES: '0',
    };
    const settings = { ...host.settings, toolEnvironment: { ...host.settings.toolEnvironment, ...reachless } };
    const input = await checkProject(host, mode, { files: { 'requirements.txt': 'six\n', 'main.py': '' } });
    const failure = act(() => modeSteps({ ...host, settings }, mode).install(input));
    await expect(failure).rejects.toEqual(expect.objectContaining({ text: 'install_failed.network', retryable: true }));
  });

  test('installs nothing for a service that was confined to containers since its check', async () => {
    const host = await makeHost();
    const input = await checkProject(host, mode, { files: { 'requirements.txt': '', 'main.py': '' } });
    const confined = act(async () => modeSteps(host, mode).install({ ...input, isolation: 'container' }));
    await expect(confined).rejects.toMatchObject({ text: 'isolation.service' });
  });

  test('is available when it really runs', async () => {
    const { ports, settings } = await makeHost();
    expect(await createUv(ports, settings).probeUv()).toEqual({ status: 'available' });
    for (const program of [undefined, '/no/such/uv']) {
      const probe = createUv(ports, { ...settings, uv: program }).probeUv();
      expect(await probe).toMatchObject({ status: 'unavailable', error: { code: 'tool_missing' } });
    }
  });
});

describe('uv with a lock', () => {
  const lock = (host: { settings: { uv?: string } }, folder: string): string => {
    execFileSync(host.settings.uv ?? 'uv', ['lock', '--quiet'], { cwd: folder });
    return readFileSync(join(folder, 'uv.lock'), 'utf8');
  };
  const lockedSource = async () => {
    const host = await makeHost();
    const input = await prepareProject(host, 'uv', { fixture: 'src-layout' });
    return { host, uvLock: lock(host, releaseDir(host.at, 'shop', input.deploymentId)) };
  };

  test("installs just what is locked, and the release's own code though the lock is the same", async () => {
    const { host, uvLock } = await lockedSource();
    const first = await install(
      'uv',
      { fixture: 'src-layout', files: { 'uv.lock': uvLock }, check: { environment: 'prod' } },
      host,
    );
    const code = readFileSync(
      join(releaseDir(host.at, 'shop', first.input.deploymentId), 'src/shop/__init__.py'),
      'utf8',
    );
    const files = { 'uv.lock': uvLock, 'src/shop/__init__.py': code.replace('first', 'second') };
    const second = await install('uv', { fixture: 'src-layout', files }, host);
    expect([first.python('import shop; print(shop.TEXT)'), second.python('import shop; print(shop.TEXT)')]).toEqual([
      'first',
      'second',
    ]);
    expect(await readLog(host, second.input.deploymentId)).toContain('--frozen');
  });

  test('is refused in prod when the lock is outdated', async () => {
    const { host, uvLock } = await lockedSource();
    const toml = readFileSync(
      new URL('../../fixtures/apps/src-layout/pyproject.toml', import.meta.url),
      'utf8',
    ).replace('"six>=1.16"', '"six>=1.16", "idna"');
    const input = await prepareProject(host, 'uv', {
      fixture: 'src-layout',
      files: { 'uv.lock': uvLock, 'pyproject.toml': toml },
      check: { environment: 'prod' },
    });
    await expect(act(() => modeSteps(host, 'uv').check(input))).rejects.toEqual(
      expect.objectContaining({ code: 'lock_outdated', retryable: false }),
    );
  });
});

describe('uv alone', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'a pyproject.toml that asks for something without [project]',
      { 'pyproject.toml': '[dependency-groups]\ndev = ["six"]\n', 'main.py': '' },
      'uv.no_project_table',
    ],
    ['setup.py alone', { 'setup.py': 'from setuptools import setup; setup()', 'main.py': '' }, 'uv.not_a_uv_project'],
  ])('does not apply to %s', async (_, files, text) => {
    const host = await makeHost();
    const input = await prepareProject(host, 'uv', { files });
    expect(await act(() => modeSteps(host, 'uv').check(input))).toMatchObject({ applies: false, error: { text } });
  });

  test('installs nothing for tables of tools', async () => {
    const { python } = await install('uv', { files: { 'main.py': '', 'pyproject.toml': '[tool.slipway]\n' } });
    expect(python('print(1)')).toBe('1');
  });

  test('does not apply without uv', async () => {
    const host = await makeHost();
    const input = await prepareProject(host, 'uv', { files: { 'main.py': '' } });
    const settings = { ...host.settings, uv: undefined };
    expect(await act(() => modeSteps({ ...host, settings }, 'uv').check(input))).toMatchObject({
      applies: false,
      error: { code: 'tool_missing' },
    });
  });

  test('takes no notice of a project or workspace in the folders above', async () => {
    const host = await makeHost();
    await writeFile(
      join(host.folder, 'pyproject.toml'),
      '[project]\nname = "above"\nversion = "1"\ndependencies = ["six"]\n[tool.uv]\nindex-url = "http://127.0.0.1:9/simple"\n[tool.uv.workspace]\nmembers = ["data/tmp/*/*"]\n',
    );
    const files = {
      'pyproject.toml': '[project]\nname = "below"\nversion = "1"\ndependencies = ["idna"]\n',
      'main.py': '',
    };
    const project = await install('uv', { files }, host);
    expect([project.python(has('idna')), project.python(has('six'))]).toEqual(['True', 'False']);
    const requirements = await install('uv', { files: { 'requirements.txt': 'six\n', 'main.py': '' } }, host);
    expect(requirements.python(has('six'))).toBe('True');
  });
});
