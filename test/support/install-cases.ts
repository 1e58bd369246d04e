// What holds for an install in either process mode: the same tests for both.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createDiscardEnvironment } from '../../src/activities/discard-environment.js';
import { createPrepare } from '../../src/activities/prepare/index.js';
import { environmentDir, environmentLock, releaseDir, temporaryDir } from '../../src/contract/layout.js';
import type { CheckInput, InstallInput } from '../../src/contract/steps.js';
import {
  act,
  eventually,
  KEEPER,
  makeHost,
  prepareInput,
  processesWith,
  readLog,
  runActivity,
  runTypescript,
  writeFiles,
  type ActivityHost,
} from './activity-host.js';
import { keeperOfTool, markOf } from './processes.js';
import {
  checkProject,
  install,
  modeSteps,
  mustApply,
  prepareProject,
  sealedForBuild,
  type ProcessMode,
  type Project,
} from './installing.js';
import { servePrivateIndex } from './private-index.js';

export const has = (module: string): string =>
  `import importlib.util; print(importlib.util.find_spec("${module}") is not None)`;
const tree = (folder: string): string => execFileSync('find', ['.', '-type', 'f'], { cwd: folder, encoding: 'utf8' });

const BROKEN_BACKEND = `import sys
def build_wheel(*args, **kwargs):
    print("mymodule.c:1:10: fatal error: Python2.h: No such file or directory", file=sys.stderr)
    raise SystemExit("error: command '/usr/bin/gcc' failed with exit code 1")
`;
/** Writes the wheel of a package `x` without a module but its `__init__`. */
const WORKING_BACKEND = `import zipfile
def build_wheel(folder, *args, **kwargs):
    with zipfile.ZipFile(folder + "/x-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("x/__init__.py", "")
        wheel.writestr("x-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: x\\nVersion: 1\\nRequires-Dist: six\\n")
        wheel.writestr("x-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("x-1.dist-info/RECORD", "")
    return "x-1-py3-none-any.whl"
`;
const SIX_BY_HASH = `six==1.16.0 \\
    --hash=sha256:1e61c37477a1626458e36f7b1d82aa5c9b094fa4802892072e49de9c60c4c926 \\
    --hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254
`;
const IN_TREE = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n';

/** A host whose own temporary folder is the test's, so that what tools leave there is seen. */
async function makeHostWithTemporary(): Promise<{ host: ActivityHost; hostTemporary: string }> {
  const host = await makeHost();
  const hostTemporary = join(host.folder, 'host-tmp');
  await mkdir(hostTemporary);
  const toolEnvironment = { ...host.settings.toolEnvironment, TMPDIR: hostTemporary };
  return { host: { ...host, settings: { ...host.settings, toolEnvironment } }, hostTemporary };
}

/** pip alone is put into an environment in 2 to 6 s, and for longer beside other tests. */
const BEGUN_MS = 60_000;

/** Whether the backend of the fixture `long-build` is at work. */
const isBuilding = ({ at }: ActivityHost, { deploymentId, attempt, service }: InstallInput): boolean =>
  existsSync(join(temporaryDir(at, deploymentId, attempt), service, 'building'));

/** Whose installs know nothing but an index. */
function withoutWheels(host: ActivityHost): ActivityHost {
  const toolEnvironment = { ...host.settings.toolEnvironment, UV_NO_CACHE: '1', PIP_NO_CACHE_DIR: '1' };
  delete (toolEnvironment as Record<string, string>)['PIP_FIND_LINKS'];
  return { ...host, settings: { ...host.settings, toolEnvironment } };
}

export function testInstalls(mode: ProcessMode): void {
  const modeCheck = async (host: ActivityHost, project: Project) => {
    const input = await prepareProject(host, mode, project);
    return act(() => modeSteps(host, mode).check(input));
  };

  test('installs a src layout with its extra, its script and no development group, and leaves the release clean', async () => {
    const { host, input, environment, python } = await install(mode, {
      fixture: 'src-layout',
      check: { profile: 'staging' },
    });
    expect(python('import shop, six, idna; print(shop.TEXT)')).toBe('first');
    expect(python(has('toml'))).toBe('False');
    expect(existsSync(join(environment, 'bin', 'shop'))).toBe(true);
    expect(tree(releaseDir(host.at, 'shop', input.deploymentId))).not.toMatch(/egg-info|build\//);
    expect(python('import shop; print(shop.__file__)')).toContain(environment);
  });

  test('installs a folder of the project that a requirement names, and anew when its content changes', async () => {
    const host = await makeHost();
    const first = await install(mode, { fixture: 'local-requirement' }, host);
    const changed = { 'lib/greeting/__init__.py': 'TEXT = "second"\n', 'requirements.txt': '-e ./lib\n' };
    const second = await install(mode, { fixture: 'local-requirement', files: changed }, host);
    const show = 'import greeting; print(greeting.TEXT)';
    expect([first.python(show), second.python(show)]).toEqual(['first', 'second']);
    expect(second.environment).not.toBe(first.environment);
  });

  test.each(['-e lib\n', '--editable=lib[all]\n', '-r base.txt\n'])(
    'an editable folder is the project’s, not the package of its name on an index: %j',
    async (requirements) => {
      const files = { 'requirements.txt': requirements, 'base.txt': '-e \\\nlib\n' };
      const { python } = await install(mode, { fixture: 'local-requirement', files });
      expect(python('import greeting; print(greeting.TEXT)')).toBe('first');
    },
  );

  test('installs an archive of the project from --find-links, and anew when its content changes', async () => {
    const host = await makeHost();
    const requirements = '--no-index\n--find-links wheels\ngreeting==1.0\n';
    const installed = (text: string) =>
      install(mode, { files: { 'requirements.txt': requirements, 'main.py': '' }, wheels: { greeting: text } }, host);
    const [first, second] = [await installed('first'), await installed('second')];
    const show = 'import greeting; print(greeting.TEXT)';
    expect([first.python(show), second.python(show)]).toEqual(['first', 'second']);
  });

  test('build variables reach the install, count in its key, and stand in no log', async () => {
    const host = await makeHost();
    const { place, user, password } = await servePrivateIndex({ private_greeting: 'secret hello' });
    const requirements = `--extra-index-url http://\${IDX_USER}:\${IDX_TOKEN}@${place}\nprivate-greeting==1.0\n`;
    const project = { files: { 'requirements.txt': requirements, 'main.py': '' } };
    const given = (token: string) => ({
      ...project,
      check: { buildVariables: sealedForBuild(host, { IDX_USER: user, IDX_TOKEN: token }) },
    });
    const { python, input, environment } = await install(mode, given(password), host);
    expect(python('import private_greeting; print(private_greeting.TEXT)')).toBe('secret hello');
    const wrong = await checkProject(host, mode, given('another-token'));
    expect(wrong.environmentKey).not.toBe(input.environmentKey);
    const failure = act(() => modeSteps(host, mode).install(wrong));
    const told: unknown = await failure.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(told).toBeInstanceOf(Error);
    expect(JSON.stringify(told)).not.toContain('another-token');
    for (const { deploymentId } of [input, wrong])
      expect(await readLog(host, deploymentId)).not.toMatch(new RegExp(`${password}|another-token`));
    expect(spawnSync('grep', ['-rl', password, environment], { encoding: 'utf8' }).stdout).toBe('');
    const without = await modeCheck(host, project);
    expect(without).toMatchObject({ applies: false, error: { text: 'install.unset_variables' } });
    expect(without).toMatchObject({ error: { params: { names: 'IDX_USER, IDX_TOKEN' } } });
  });

  test.each(['PIP_INDEX_URL', 'UV_INDEX_URL', 'UV_DEFAULT_INDEX'])(
    'an index of the build variables stands in the place of the public one for either installer: %s',
    async (name) => {
      const host = await makeHost();
      const { url } = await servePrivateIndex({ six: 'not the public one' });
      const { python } = await install(
        mode,
        {
          files: { 'requirements.txt': 'six\n', 'main.py': '' },
          check: { buildVariables: sealedForBuild(host, { [name]: url }) },
        },
        withoutWheels(host),
      );
      expect(python('import six; print(six.TEXT)')).toBe('not the public one');
    },
  );

  test('refuses further places that only the other installer reads', async () => {
    const host = await makeHost();
    const check = (variables: Record<string, string>) =>
      modeCheck(host, {
        files: { 'requirements.txt': 'six\n', 'main.py': '' },
        check: { buildVariables: sealedForBuild(host, variables) },
      });
    const [own, other] = mode === 'uv' ? ['UV_INDEX', 'PIP_EXTRA_INDEX_URL'] : ['PIP_EXTRA_INDEX_URL', 'UV_INDEX'];
    const refusal = { applies: false, error: { text: 'install.unread_variables', params: { names: other } } };
    expect(await check({ [other]: 'https://index.example/simple' })).toMatchObject(refusal);
    expect(await check({ [own]: 'https://index.example/simple' })).toMatchObject({ applies: true });
    const both = { [own]: 'https://index.example/simple', [other]: 'https://index.example/simple' };
    expect(await check(both)).toMatchObject({ applies: true });
  });

  test('tells a build the version that git knew, unless the deployment says another, and builds anew for another', async () => {
    const host = await makeHost();
    const backend = WORKING_BACKEND.replaceAll('Version: 1\\n', 'Version: " + VERSION + "\\n').replaceAll(
      'Requires-Dist: six\\n',
      '',
    );
    const read = 'import os\nVERSION = os.environ["SETUPTOOLS_SCM_PRETEND_VERSION_FOR_X"]\n';
    const files = {
      'pyproject.toml': `[project]\nname = "x"\ndynamic = ["version"]\n${IN_TREE}`,
      'backend.py': `${read}${backend.replaceAll('x-1', 'x-" + VERSION + "')}build_editable = build_wheel\n`,
      'main.py': '',
    };
    const project = await prepareProject(host, mode, { files });
    const versionWith = async (changes: Partial<CheckInput>): Promise<string> => {
      const input = { ...project, ...changes };
      const checked = { ...input, ...mustApply(await act(() => modeSteps(host, mode).check(input))) };
      await act(() => modeSteps(host, mode).install(checked));
      const python = join(environmentDir(host.at, checked.environmentKey), 'bin', 'python');
      const code = 'from importlib.metadata import version; print(version("x"))';
      return execFileSync(python, ['-c', code], { encoding: 'utf8' }).trim();
    };
    const variable = 'SETUPTOOLS_SCM_PRETEND_VERSION_FOR_X';
    const withVersion = (value: string) => ({
      release: { ...project.release, version: { value, variable }, sourceHash: `with-${value}` },
    });
    expect(await versionWith(withVersion('1.5'))).toBe('1.5');
    expect(await versionWith(withVersion('1.6'))).toBe('1.6');
    const buildVariables = sealedForBuild(host, { [variable]: '9.9' });
    expect(await versionWith({ ...withVersion('1.6'), buildVariables })).toBe('9.9');
  });

  test('installs the dependencies of an app of Poetry, and builds nothing', async () => {
    const pyproject = '[project]\nname = "x"\nversion = "1"\ndependencies = ["six (>=1.16,<2.0)"]\n';
    const poetry = `${pyproject}[tool.poetry]\npackage-mode = false\n${IN_TREE}`;
    const { python } = await install(mode, { files: { 'pyproject.toml': poetry, 'main.py': '' } });
    expect(python('import six; print(six.__version__)')).toMatch(/^1\./);
  });

  test('installs a package whose dependencies are pinned by hashes', async () => {
    const { python } = await install(mode, {
      files: {
        'requirements.txt': SIX_BY_HASH,
        'pyproject.toml': `[project]\nname = "x"\nversion = "1"\ndependencies = ["six"]\n${IN_TREE}`,
        'backend.py': WORKING_BACKEND,
        'main.py': '',
      },
    });
    expect(python('import six, x; print(six.__version__)')).toMatch(/^1\./);
  });

  test('installs requirements as PowerShell writes them', async () => {
    const host = await makeHost();
    const input = await prepareProject(host, mode, { fixture: 'local-requirement' });
    const file = join(releaseDir(host.at, 'shop', input.deploymentId), 'requirements.txt');
    await writeFile(file, '\ufeff-e lib # 六\r\n', 'utf16le');
    const checked = { ...input, ...mustApply(await act(() => modeSteps(host, mode).check(input))) };
    await act(() => modeSteps(host, mode).install(checked));
    const python = join(environmentDir(host.at, checked.environmentKey), 'bin/python');
    expect(execFileSync(python, ['-c', has('greeting')], { encoding: 'utf8' })).toBe('True\n');
  });

  test('takes up the environment of an equal recipe, of any service, but a rebuild has its own', async () => {
    const host = await makeHost();
    const files = { 'main.py': 'print(1)' };
    const first = await install(mode, { files }, host);
    await writeFile(join(first.environment, 'mark'), '');
    const again = await install(mode, { files: { 'main.py': 'print(2)' }, check: { service: 'other' } }, host);
    expect(existsSync(join(again.environment, 'mark'))).toBe(true);
    const rebuilt = await checkProject(host, mode, { files, check: { forceRebuild: true } });
    expect(rebuilt.environmentKey).not.toBe(first.input.environmentKey);
    const included = await checkProject(host, mode, {
      files: { ...files, 'requirements.txt': '-r base.txt\n', 'base.txt': 'six\n' },
    });
    expect(included.environmentKey).not.toBe(first.input.environmentKey);
  });

  test('needs nothing but an empty environment for a lone module', async () => {
    const { python } = await install(mode, { files: { 'main.py': 'print(1)' } });
    expect(python('print(1)')).toBe('1');
  });

  test('tells a requirement that cannot be met, and leaves nothing', async () => {
    const host = await makeHost();
    const input = await checkProject(host, mode, { fixture: 'unresolvable' });
    await expect(act(() => modeSteps(host, mode).install(input))).rejects.toEqual(
      expect.objectContaining({
        code: 'dependencies_unresolvable',
        retryable: false,
        params: { reason: expect.stringContaining('six') },
      }),
    );
    expect(existsSync(environmentDir(host.at, input.environmentKey))).toBe(false);
    expect(tree(host.at.temporary)).toBe('');
    expect(await readLog(host, input.deploymentId)).toContain('six');
  });

  test('tells the line of the compiler when a build fails', async () => {
    const files = {
      'pyproject.toml': `[project]\nname = "x"\nversion = "1"\n${IN_TREE}`,
      'backend.py': BROKEN_BACKEND,
      'main.py': '',
    };
    const host = await makeHost();
    const input = await checkProject(host, mode, { files });
    const failure = act(() => modeSteps(host, mode).install(input));
    const line = expect.stringContaining('fatal error: Python2.h');
    await expect(failure).rejects.toEqual(
      expect.objectContaining({
        code: 'build_failed',
        retryable: false,
        params: { reason: line },
        logTail: expect.arrayContaining([line]),
      }),
    );
  });

  test('stops within 3 s of a cancel, and nothing is left', async () => {
    const { host, hostTemporary } = await makeHostWithTemporary();
    const input = await checkProject(host, mode, { fixture: 'long-build' });
    const { result, cancel } = runActivity(() => modeSteps(host, mode).install(input));
    await eventually(() => isBuilding(host, input), BEGUN_MS);
    const began = Date.now();
    cancel();
    await expect(result).rejects.toThrow('cancelled');
    expect(Date.now() - began).toBeLessThan(3000);
    expect(processesWith(host.folder)).toEqual([]);
    expect(existsSync(environmentDir(host.at, input.environmentKey))).toBe(false);
    expect([...readdirSync(hostTemporary), ...readdirSync(host.at.temporary)]).toEqual([]);
  });

  test("survives the death of its worker: the next try waits for the dead one's tools, then builds anew", async () => {
    const { host, hostTemporary } = await makeHostWithTemporary();
    const input = await checkProject(host, mode, { fixture: 'long-build', files: { 'seconds.txt': '3' } });
    const order = join(host.folder, 'order.json');
    const { uv, toolEnvironment } = host.settings;
    await writeFile(order, JSON.stringify({ root: host.at.root, input, uv, keeper: KEEPER, mode, toolEnvironment }));
    const worker = runTypescript('install-worker.ts', order);
    await eventually(() => isBuilding(host, input), BEGUN_MS);
    worker.kill('SIGKILL');
    await act(() => modeSteps(host, mode).install(input));
    const python = join(environmentDir(host.at, input.environmentKey), 'bin', 'python');
    expect(execFileSync(python, ['-c', 'import long_build; print(long_build.BUILT)'], { encoding: 'utf8' })).toBe(
      'True\n',
    );
    expect([...readdirSync(hostTemporary), ...readdirSync(host.at.temporary)]).toEqual([]);
  });

  test("the death of a tool's keeper is no failure of the install: nothing of it is left, and it can be repeated", async () => {
    const host = await makeHost();
    const input = await checkProject(host, mode, { fixture: 'long-build', files: { 'seconds.txt': '3' } });
    const { install: repeat } = modeSteps(host, mode);
    const { result } = runActivity(() => repeat(input));
    await eventually(() => isBuilding(host, input), BEGUN_MS);
    process.kill(keeperOfTool(markOf(environmentLock(host.at, input.environmentKey)))!, 'SIGKILL');
    await expect(result).rejects.toMatchObject({ code: 'internal', retryable: true });
    expect(processesWith(host.folder)).toEqual([]);
    await act(() => repeat(input));
    expect(existsSync(join(environmentDir(host.at, input.environmentKey), '.complete'))).toBe(true);
  });

  test('what a killed worker left of its attempt is gone when the step was repeated', async () => {
    const host = await makeHost();
    const files = { 'main.py': '' };
    const { input } = await install(mode, { files }, host);
    const { check, install: repeat } = modeSteps(host, mode);
    const source = { type: 'directory', path: await writeFiles(join(host.sources, 'again'), files) } as const;
    const { prepareRelease } = createPrepare(host.ports, host.settings);
    const steps = [
      () => prepareRelease({ ...prepareInput(source), ...input }),
      () => check(input),
      () => repeat(input),
    ];
    for (const step of steps) {
      await writeFiles(temporaryDir(host.at, input.deploymentId, input.attempt), { 'shop/main.py': '' });
      await act<unknown>(step);
      expect(tree(host.at.temporary)).toBe('');
    }
  });

  test('an unfinished environment is discarded, a finished one never', async () => {
    const { host, environment, input, discard } = await install(mode, { files: { 'main.py': '' } });
    await discard();
    expect(existsSync(join(environment, '.complete'))).toBe(true);
    await rm(join(environment, '.complete'));
    await act(() => createDiscardEnvironment(host.ports, host.settings).discardEnvironment(input));
    expect(existsSync(environment)).toBe(false);
  });

  test('chooses the interpreter, and names what was wanted when there is none', async () => {
    const host = await makeHost();
    const files = { 'main.py': '', '.python-version': '3.99' };
    const input = await prepareProject(host, mode, { files });
    await expect(act(() => modeSteps(host, mode).check(input))).rejects.toEqual(
      expect.objectContaining({
        code: 'python_unavailable',
        params: expect.objectContaining({ wanted: '3.99 (.python-version)' }),
      }),
    );
  });

  test('a disk that is nearly full is refused before anything is built', async () => {
    const host = await makeHost();
    const disk = { ...host.ports.disk, freeBytes: () => Promise.resolve(10 * 1024 ** 2) };
    const input = await prepareProject(host, mode, { files: { 'main.py': '' } });
    const check = act(() => modeSteps({ ...host, ports: { ...host.ports, disk } }, mode).check(input));
    await expect(check).rejects.toEqual(expect.objectContaining({ code: 'disk_full', text: 'disk_full.floor' }));
  });
}
