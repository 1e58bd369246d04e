import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { createPrepare } from '../../../src/activities/prepare/index.js';
import { releaseDir, releaseManifest } from '../../../src/contract/layout.js';
import {
  act,
  attemptRef,
  fileText,
  makeHost,
  prepareInput,
  readLog,
  runActivity,
  writeFiles,
  type ActivityHost,
} from '../../support/activity-host.js';

const prepared = (host: ActivityHost) => createPrepare(host.ports, host.settings);
const files = (folder: string): string[] =>
  execFileSync('find', ['.', '!', '-type', 'd'], { cwd: folder, encoding: 'utf8' }).trim().split('\n').toSorted();
const refused = (text: string): unknown => expect.objectContaining({ code: 'source_invalid', text });

async function withSource(given: Record<string, string>) {
  const host = await makeHost();
  const source = await writeFiles(join(host.sources, 'shop'), given);
  const { prepareRelease, discardRelease } = prepared(host);
  const ref = attemptRef('shop');
  const input = prepareInput({ type: 'directory', path: source }, {}, ref);
  const release = releaseDir(host.at, 'shop', ref.deploymentId);
  return {
    host,
    source,
    ref,
    input,
    release,
    prepare: () => act(() => prepareRelease(input)),
    discard: () => act(() => discardRelease(ref)),
  };
}

describe('directory sources', () => {
  test('a directory with a single runnable package, at the top or in src, runs that package', async () => {
    const top = await withSource({ 'it/__init__.py': '', 'it/__main__.py': '', 'other/__init__.py': '' });
    expect(await top.prepare()).toMatchObject({ command: 'python -m it' });
    const below = await withSource({ 'src/it/__main__.py': '', 'requirements.txt': '' });
    expect((await below.prepare()).command).toMatch(/^PYTHONPATH=src\S* python -m it$/);
  });

  test('a release keeps private files private, restricts env files, and its log lists excluded folders', async () => {
    const given = { 'main.py': '', '.env': 'A=b', '.env.example': 'A=', 'key.pem': 'x', '.git/HEAD': '' };
    const { host, source, ref, release, prepare } = await withSource({
      ...given,
      'a/__pycache__/x.pyc': '',
      'b/__pycache__/x.pyc': '',
      'old/pyvenv.cfg': '',
    });
    chmodSync(join(source, 'key.pem'), 0o600);
    await prepare();
    const modeOf = (name: string): number => statSync(join(release, name)).mode & 0o777;
    expect(['main.py', '.env', '.env.example', 'key.pem'].map(modeOf)).toEqual([0o644, 0o600, 0o644, 0o600]);
    const log = await readLog(host, ref.deploymentId);
    expect(log).toContain('left out, as no release holds it: .git, __pycache__ (2), old');
    expect(log).toContain('in the release and its image as it is: .env.');
  });

  test('a directory whose dependencies wouldn’t be installed is refused', async () => {
    const block = '# /// script\n# dependencies = ["six"]\n# ///\n';
    const script = await withSource({ 'job.py': `${block}import six\n`, Procfile: 'worker: python -u job.py\n' });
    await expect(script.prepare()).rejects.toEqual(refused('unread.script'));
    const declared = await withSource({ 'main.py': block, 'requirements.txt': 'six\n' });
    expect(await declared.prepare()).toMatchObject({ command: 'python main.py' });
    const folder = await withSource({ 'main.py': '', 'requirements/prod.txt': 'six\n' });
    await expect(folder.prepare()).rejects.toEqual(refused('unread.requirements'));
  });

  test('a directory with a script in another encoding than UTF-8 is accepted', async () => {
    const { source, prepare } = await withSource({ 'main.py': '' });
    writeFileSync(join(source, 'main.py'), Buffer.from('# coding: latin-1\nprint("\xe9")\n', 'latin1'));
    expect(await prepare()).toMatchObject({ command: 'python main.py' });
  });

  test('a release contains no virtual environments, caches or version control', async () => {
    const { source, release, prepare } = await withSource({
      'app.py': 'print(1)',
      'pkg/__init__.py': '',
      'pkg/__pycache__/x.pyc': '',
      '.git/config': '',
      '.venv/pyvenv.cfg': '',
      'myenv/pyvenv.cfg': '',
      'myenv/lib/x.py': '',
      'node_modules/x/index.js': '',
      'shop.egg-info/PKG-INFO': '',
      '.mypy_cache/x': '',
      '.env': 'A=1',
      'venv/notes.txt': 'no environment',
    });
    chmodSync(join(source, 'app.py'), 0o4775);
    mkdirSync(join(source, 'data'));
    const result = await prepare();
    expect(result).toMatchObject({ command: 'python app.py', kind: 'worker' });
    expect(files(release)).toEqual(['./.env', './app.py', './pkg/__init__.py', './venv/notes.txt']);
    expect(existsSync(join(release, 'data'))).toBe(true);
    expect(execFileSync('stat', ['-c', '%a', join(release, 'app.py')], { encoding: 'utf8' }).trim()).toBe('755');
  });

  test('the source hash depends on contents, names, executable bits and symlinks, and ignores excluded folders', async () => {
    const seen = new Set<string>();
    const hash = async (change: (source: string) => void): Promise<string> => {
      const { source, prepare } = await withSource({ 'app.py': 'print(1)', 'b.txt': '' });
      change(source);
      return (await prepare()).sourceHash;
    };
    const plain = await hash(() => undefined);
    expect(
      await hash((source) => {
        mkdirSync(join(source, '__pycache__'));
      }),
    ).toBe(plain);
    for (const change of [
      (source: string) => {
        writeFileSync(join(source, 'b.txt'), 'x');
      },
      (source: string) => {
        writeFileSync(join(source, 'c.txt'), '');
      },
      (source: string) => {
        chmodSync(join(source, 'app.py'), 0o755);
      },
      (source: string) => {
        symlinkSync('app.py', join(source, 'link.py'));
      },
    ])
      seen.add(await hash(change));
    expect(seen.size).toBe(4);
    expect(seen).not.toContain(plain);
  });

  test('absolute symlinks inside the source become relative, and a symlink that points outside is refused', async () => {
    const { source, release, prepare, discard } = await withSource({ 'app.py': '', 'sub/x.py': '' });
    symlinkSync(join(source, 'app.py'), join(source, 'sub', 'absolute.py'));
    await prepare();
    expect(execFileSync('readlink', [join(release, 'sub', 'absolute.py')], { encoding: 'utf8' }).trim()).toBe(
      '../app.py',
    );
    await discard();
    symlinkSync('../../..', join(source, 'sub', 'out'));
    await expect(prepare()).rejects.toEqual(
      expect.objectContaining({ text: 'source_invalid.escaping_link', params: { path: 'sub/out' }, retryable: false }),
    );
    expect(existsSync(release)).toBe(false);
  });

  test('a symlink that points outside through another symlink is refused', async () => {
    const { source, prepare } = await withSource({ 'app.py': '', 'p/q/x.py': '' });
    symlinkSync('../..', join(source, 'p', 'q', 'up'));
    symlinkSync('up/../../secret', join(source, 'p', 'q', 'sly'));
    writeFileSync(join(source, '..', '..', 'secret'), '');
    await expect(prepare()).rejects.toEqual(refused('source_invalid.escaping_link'));
  });

  test('a symlink to itself is refused with its name', async () => {
    const { source, prepare } = await withSource({ 'app.py': '' });
    symlinkSync('l1', join(source, 'l1')); // of several in a ring, any may be looked at first
    await expect(prepare()).rejects.toEqual(
      expect.objectContaining({ text: 'source_invalid.link_loop', params: { path: 'l1' }, retryable: false }),
    );
  });

  test('a source path that is a symlink to itself is refused as a missing directory', async () => {
    const { source, prepare } = await withSource({ 'app.py': '' });
    rmSync(source, { recursive: true });
    symlinkSync(source, source);
    await expect(prepare()).rejects.toEqual(refused('source_invalid.no_directory'));
  });

  test.each<[string, (path: Buffer, good: string) => void]>([
    ['a file', (path) => writeFileSync(path, '')],
    ['a folder', (path) => mkdirSync(path)],
    ['a symlink to a file', (path, good) => symlinkSync(path, good)],
  ])('a directory with %s whose name isn’t UTF-8 is refused without retries', async (_, make) => {
    const { source, prepare } = await withSource({ 'app.py': '' });
    make(Buffer.concat([Buffer.from(`${source}/caf`), Buffer.from([0xe9])]), join(source, 'good'));
    await expect(prepare()).rejects.toEqual(
      expect.objectContaining({ code: 'source_invalid', text: 'source_invalid.not_utf8', retryable: false }),
    );
  });

  test('the error for a name that isn’t UTF-8 contains the escaped bytes of that name', async () => {
    const { source, prepare } = await withSource({ 'app.py': '', 'caf\ufffd': '' });
    writeFileSync(Buffer.concat([Buffer.from(`${source}/caf`), Buffer.from([0xe9])]), '');
    await expect(prepare()).rejects.toMatchObject({ text: 'source_invalid.not_utf8', params: { path: 'caf\\xe9' } });
  });

  test('a file name that contains U+FFFD is accepted', async () => {
    const { release, prepare } = await withSource({ 'app.py': '', '\ufffd.txt': '' });
    await prepare();
    expect(files(release)).toContain('./\ufffd.txt');
  });

  test('a FIFO is excluded from the release and is listed in the log', async () => {
    const { host, ref, source, release, prepare } = await withSource({ 'app.py': '' });
    execFileSync('mkfifo', [join(source, 'pipe')]);
    await prepare();
    expect(files(release)).toEqual(['./app.py']);
    expect(await readLog(host, ref.deploymentId)).toContain('left out pipe');
  });

  test('a directory must be inside a source root by its real path and can’t contain the data folder', async () => {
    const { host, source } = await withSource({ 'app.py': '' });
    const attempt = (path: string) =>
      act(() => prepared(host).prepareRelease(prepareInput({ type: 'directory', path }, {}, attemptRef('shop'))));
    symlinkSync('/etc', join(source, '..', 'sly'));
    await expect(attempt(join(host.sources, 'sly'))).rejects.toEqual(refused('source_invalid.outside_roots'));
    await expect(attempt(host.folder)).rejects.toEqual(refused('source_invalid.data_folder'));
    await expect(attempt(host.at.root)).rejects.toEqual(refused('source_invalid.data_folder'));
    await expect(attempt(join(host.sources, 'absent'))).rejects.toEqual(refused('source_invalid.no_directory'));
    await expect(attempt(join(source, 'app.py'))).rejects.toEqual(refused('source_invalid.no_directory'));
  });
});

describe('prepareRelease', () => {
  test('a repeated preparation returns the same release although the source has changed', async () => {
    const { source, prepare } = await withSource({ 'app.py': '1' });
    const first = await prepare();
    writeFileSync(join(source, 'app.py'), '2');
    expect(await prepare()).toEqual(first);
  });

  test('a discarded release and a cancelled preparation leave no files', async () => {
    const { host, ref, input, release, prepare, discard } = await withSource({ 'app.py': '' });
    await prepare();
    await discard();
    expect(existsSync(release) || existsSync(releaseManifest(host.at, 'shop', ref.deploymentId))).toBe(false);
    const { result, cancel } = runActivity(() => prepared(host).prepareRelease(input));
    cancel();
    await expect(result).rejects.toThrow('cancelled');
    await discard(); // nothing there: as good
    expect(existsSync(release)).toBe(false);
    expect(files(host.at.root).filter((path) => !path.includes('/logs/') && !path.includes('/locks/'))).toEqual([]);
  });
});

test('a worker that dies while it writes a file leaves nothing beside the release', async () => {
  const { host, input, release, discard } = await withSource({ 'app.py': '' });
  const killed = new Error('killed');
  const writeAtomically = (path: string): Promise<void> => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.0123456789ab`, 'hal');
    return Promise.reject(killed);
  };
  const dying = { ...host, ports: { ...host.ports, disk: { ...host.ports.disk, writeAtomically } } };
  await expect(act(() => prepared(dying).prepareRelease(input))).rejects.toBe(killed);
  await discard();
  expect(existsSync(dirname(release)) ? readdirSync(dirname(release)) : []).toEqual([]);
});

describe('snapshot sources', () => {
  test('a snapshot contains the original files of a release and not the files that its app wrote', async () => {
    const { host, ref, release, prepare } = await withSource({ 'app.py': '1', 'pkg/a.py': '' });
    const first = await prepare();
    await writeFiles(release, { 'bot.db': 'data', 'pkg/cache.bin': '', 'uploads/x': '' });
    const next = attemptRef('shop');
    const again = await act(() =>
      prepared(host).prepareRelease(prepareInput({ type: 'snapshot', release: ref.deploymentId }, {}, next)),
    );
    expect(again.sourceHash).toBe(first.sourceHash);
    expect(files(releaseDir(host.at, 'shop', next.deploymentId))).toEqual(['./app.py', './pkg/a.py']);
  });

  test('a snapshot of a missing release is refused', async () => {
    const { host, prepare, ref, release } = await withSource({ 'app.py': '' });
    await prepare();
    rmSync(release, { recursive: true });
    const input = prepareInput({ type: 'snapshot', release: ref.deploymentId }, {}, attemptRef('shop'));
    await expect(act(() => prepared(host).prepareRelease(input))).rejects.toEqual(
      refused('source_invalid.snapshot_gone'),
    );
  });
});

test('secret values of the request are masked in the log and don’t appear in the manifest', async () => {
  const host = await makeHost();
  const source = await writeFiles(join(host.sources, 'shop'), { 'app.py': '' });
  execFileSync('mkfifo', [join(source, 'hunter2hunter2')]);
  const ref = attemptRef('shop');
  const sealed = host.settings.secrets.seal('hunter2hunter2', { service: 'shop', name: 'PASSWORD' });
  const input = prepareInput({ type: 'directory', path: source }, { environment_variables: { PASSWORD: sealed } }, ref);
  await act(() => prepared(host).prepareRelease(input));
  expect(await readLog(host, ref.deploymentId)).toContain('left out ********');
  expect(fileText(releaseManifest(host.at, 'shop', ref.deploymentId))).not.toContain('hunter2');
});

describe('limits of directory sources', () => {
  test('a directory with 100,001 entries is refused', async () => {
    const { source, prepare } = await withSource({ 'app.py': '' });
    for (let i = 0; i < 100_000; i += 1) writeFileSync(join(source, String(i)), '');
    await expect(prepare()).rejects.toEqual(refused('source_invalid.too_many_entries'));
  });

  test('a directory with a file over 2 GiB is refused before the file is copied', async () => {
    const { source, prepare, host } = await withSource({ 'app.py': '', 'data.bin': '' });
    truncateSync(join(source, 'data.bin'), 1024 ** 4); // takes no room
    await expect(prepare()).rejects.toEqual(refused('source_invalid.too_big'));
    expect(readdirSync(host.at.temporary)).toEqual([]);
  });

  test('a directory with a Procfile over the limit is refused with the name of the file and the limit', async () => {
    const { source, prepare } = await withSource({ 'app.py': '', Procfile: '' });
    truncateSync(join(source, 'Procfile'), 200 * 1024 ** 2);
    await expect(prepare()).rejects.toMatchObject({
      text: 'source_invalid.file_too_big',
      params: { path: 'Procfile', limit: 1 },
    });
  });

  test('preparing a directory fails with disk_full if the free space runs out during the copy', async () => {
    const { host, source, input } = await withSource({ 'app.py': '' });
    for (let i = 0; i < 3; i += 1) writeFileSync(join(source, `${i}.bin`), Buffer.alloc(60 * 1024 ** 2));
    const free = [1e12, 1e12, 250 * 1024 ** 2];
    const disk = { ...host.ports.disk, freeBytes: () => Promise.resolve(free.shift() ?? 0) };
    const { prepareRelease } = createPrepare({ ...host.ports, disk }, host.settings);
    await expect(act(() => prepareRelease(input))).rejects.toMatchObject({
      code: 'disk_full',
      text: 'disk_full.floor',
    });
    expect(readdirSync(host.at.temporary)).toEqual([]);
    expect(free).toEqual([]);
  });
});
