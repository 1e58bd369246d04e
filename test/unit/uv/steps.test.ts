import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, jest, test } from '@jest/globals';
import { createUv } from '../../../src/activities/uv/steps.js';
import { releaseDir } from '../../../src/contract/layout.js';
import { act, makeHost, readLog, writeFiles } from '../../support/activity-host.js';
import { has, testInstalls } from '../../support/install-cases.js';
import { checkProject, install, modeSteps, prepareProject, type Project } from '../../support/installing.js';
import { workspaceFiles } from '../../support/workspace.js';

jest.setTimeout(150_000); // real tools, for minutes

describe('the uv mode', () => {
  const mode = 'uv';
  testInstalls(mode);

  test('uv installs development groups in the dev environment and the group of the profile', async () => {
    const pyproject =
      '[project]\nname = "x"\nversion = "1"\ndependencies = []\n[dependency-groups]\ndev = ["toml"]\nweb = ["six"]\n';
    const files = { 'pyproject.toml': pyproject, 'main.py': '' };
    const { python } = await install(mode, { files, check: { environment: 'dev', profile: 'web' } });
    expect([python(has('toml')), python(has('six'))]).toEqual(['True', 'True']);
  });

  test('uv installs the script of a project without a build backend', async () => {
    const pyproject = '[project]\nname = "tool"\nversion = "1"\n[project.scripts]\ntool = "tool:main"\n';
    const { environment } = await install(mode, {
      files: { 'pyproject.toml': pyproject, 'tool.py': 'def main(): print("ran")\n' },
    });
    expect(execFileSync(join(environment, 'bin', 'tool'), { encoding: 'utf8' })).toBe('ran\n');
  });

  test('an install that can’t reach the package index fails with a retryable error', async () => {
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

  test('an install is refused if the service was restricted to containers after its check', async () => {
    const host = await makeHost();
    const input = await checkProject(host, mode, { files: { 'requirements.txt': '', 'main.py': '' } });
    const confined = act(async () => modeSteps(host, mode).install({ ...input, isolation: 'container' }));
    await expect(confined).rejects.toMatchObject({ text: 'isolation.service' });
  });

  test('the uv mode is available if uv runs, and unavailable without uv', async () => {
    const { ports, settings } = await makeHost();
    expect(await createUv(ports, settings).probeUv()).toEqual({ status: 'available' });
    for (const program of [undefined, '/no/such/uv']) {
      const probe = createUv(ports, { ...settings, uv: program }).probeUv();
      expect(await probe).toMatchObject({ status: 'unavailable', error: { code: 'tool_missing' } });
    }
  });
});

describe('uv with a lock file', () => {
  const lock = (host: { settings: { uv?: string } }, folder: string): string => {
    execFileSync(host.settings.uv ?? 'uv', ['lock', '--quiet'], { cwd: folder });
    return readFileSync(join(folder, 'uv.lock'), 'utf8');
  };
  const lockedSource = async () => {
    const host = await makeHost();
    const input = await prepareProject(host, 'uv', { fixture: 'src-layout' });
    return { host, uvLock: lock(host, releaseDir(host.at, 'shop', input.deploymentId)) };
  };

  test('uv installs the locked versions and the code of each release although the lock file is the same', async () => {
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

  test('an outdated lock file is refused in the prod environment', async () => {
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

describe('projects in the uv mode', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'a project with a dependency group but no [project] table',
      { 'pyproject.toml': '[dependency-groups]\ndev = ["six"]\n', 'main.py': '' },
      'uv.no_project_table',
    ],
    [
      'a project with only setup.py',
      { 'setup.py': 'from setuptools import setup; setup()', 'main.py': '' },
      'uv.not_a_uv_project',
    ],
  ])('the uv mode doesn’t apply to %s', async (_, files, text) => {
    const host = await makeHost();
    const input = await prepareProject(host, 'uv', { files });
    expect(await act(() => modeSteps(host, 'uv').check(input))).toMatchObject({ applies: false, error: { text } });
  });

  test('uv installs no packages for a pyproject.toml with only tool tables', async () => {
    const { python } = await install('uv', { files: { 'main.py': '', 'pyproject.toml': '[tool.slipway]\n' } });
    expect(python('print(1)')).toBe('1');
  });

  test('the uv mode doesn’t apply without uv', async () => {
    const host = await makeHost();
    const input = await prepareProject(host, 'uv', { files: { 'main.py': '' } });
    const settings = { ...host.settings, uv: undefined };
    expect(await act(() => modeSteps({ ...host, settings }, 'uv').check(input))).toMatchObject({
      applies: false,
      error: { code: 'tool_missing' },
    });
  });

  test('uv ignores projects and workspaces in parent folders', async () => {
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

describe('members of a uv workspace', () => {
  const bot = (files: Record<string, string>, check: Project['check'] = {}): Project => ({
    files,
    subdirectory: 'services/bot',
    check,
  });
  const SHOW = 'import bot, shared; print(shared.TEXT, shared.__file__)';

  test('a workspace member is installed with its local dependencies, and installed again when a local dependency changes', async () => {
    const host = await makeHost();
    const first = await install('uv', bot(workspaceFiles(), { profile: 'extra' }), host);
    expect(first.python(SHOW)).toBe(
      `first ${first.environment}/lib/${first.python('import sys; print(f"python3.{sys.version_info.minor}")')}/site-packages/shared/__init__.py`,
    );
    expect([first.python(has('six')), first.python(has('idna')), first.python(has('toml'))]).toEqual([
      'True',
      'True',
      'False', // of another member
    ]);
    expect(existsSync(join(first.environment, 'bin', 'bot'))).toBe(true);
    const second = await install('uv', bot(workspaceFiles('second')), host);
    expect(second.python('import shared; print(shared.TEXT)')).toBe('second');
  });

  test('a workspace member is installed with the lock file of the workspace, and an outdated lock file is refused in prod', async () => {
    const host = await makeHost();
    const folder = join(host.folder, 'locked');
    await writeFiles(folder, workspaceFiles());
    execFileSync(host.settings.uv ?? 'uv', ['lock', '--quiet'], { cwd: folder });
    const uvLock = readFileSync(join(folder, 'uv.lock'), 'utf8');
    const prod = { environment: 'prod' } as const;
    const { python } = await install('uv', bot({ ...workspaceFiles(), 'uv.lock': uvLock }, prod), host);
    expect(python('import shared; print(shared.TEXT)')).toBe('first');
    const shared = 'packages/shared/pyproject.toml';
    const changed = { ...workspaceFiles(), [shared]: workspaceFiles()[shared]!.replace('"six"', '"toml"') };
    const outdated = bot({ ...changed, 'uv.lock': uvLock }, prod);
    await expect(checkProject(host, 'uv', outdated)).rejects.toMatchObject({ code: 'lock_outdated' });
  });

  // Names as an attacker writes them, text of a shell among them: nothing here is switched off.
  test.each(['a || true\\nADD http://h/x /x', '--config-file=/etc/x', 'a\\u0000b', 'two words', ''])(
    'a workspace member with the invalid name %j is refused',
    async (name) => {
      const own = 'services/bot/pyproject.toml';
      const files = workspaceFiles();
      const named = { ...files, [own]: files[own]!.replace('name = "bot"', `name = "${name}"`) };
      const host = await makeHost();
      const input = await prepareProject(host, 'uv', bot(named));
      expect(await act(() => modeSteps(host, 'uv').check(input))).toMatchObject({
        applies: false,
        error: { code: 'source_invalid', text: 'workspace.unnamed' },
      });
    },
  );

  test('a workspace member with local dependencies is refused by the fallback mode, and by uv without its workspace', async () => {
    const host = await makeHost();
    const byPip = await prepareProject(host, 'fallback', bot(workspaceFiles()));
    expect(await act(() => modeSteps(host, 'fallback').check(byPip))).toMatchObject({
      applies: false,
      error: { text: 'fallback.uv_sources', params: { packages: 'shared' } },
    });
    const files = Object.entries(workspaceFiles()).filter(([path]) => path.startsWith('services/bot/'));
    const alone = Object.fromEntries(files.map(([path, text]) => [path.slice('services/bot/'.length), text]));
    const byUv = await prepareProject(host, 'uv', { files: alone });
    expect(await act(() => modeSteps(host, 'uv').check(byUv))).toMatchObject({
      applies: false,
      error: { code: 'source_invalid', text: 'workspace.root_missing', params: { packages: 'shared' } },
    });
  });

  test('a workspace member without local dependencies is installed by the fallback mode', async () => {
    const { python } = await install('fallback', { files: workspaceFiles(), subdirectory: 'services/other' });
    expect([python(has('toml')), python(has('shared'))]).toEqual(['True', 'False']);
  });
});
