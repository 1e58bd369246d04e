import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gitUrl, shownUrl } from '../../../src/activities/prepare/git-command.js';
import { createPrepare } from '../../../src/activities/prepare/index.js';
import { releaseDir } from '../../../src/contract/layout.js';
import {
  act,
  attemptRef,
  eventually,
  fileText,
  makeHost,
  prepareInput,
  processesWith,
  readLog,
  runActivity,
} from '../../support/activity-host.js';
import { makeRepository, serveGit } from '../../support/git-server.js';

const TOKEN = 'ghp_geheimnis-0123456789';

async function setUp({ token, files = { 'app.py': '1' } }: { token?: string; files?: Record<string, string> } = {}) {
  const host = await makeHost();
  const root = join(host.folder, 'served');
  mkdirSync(root);
  const repository = await makeRepository(join(root, 'shop'), files);
  const server = await serveGit(root, token);
  const { prepareRelease } = createPrepare(host.ports, host.settings);
  const input = (source: Record<string, unknown>, ref = attemptRef('shop')) =>
    prepareInput({ type: 'git', url: `${server.url}/shop/.git`, ...source }, {}, ref);
  const release = (ref: { deploymentId: string }) => releaseDir(host.at, 'shop', ref.deploymentId);
  return {
    host,
    repository,
    server,
    prepareRelease,
    input,
    release,
    prepare: (source: Record<string, unknown>) => act(() => prepareRelease(input(source))),
  };
}

describe('git', () => {
  test('takes the default branch, a branch, a tag and a full commit', async () => {
    const { repository, prepare } = await setUp();
    repository.git('tag', '-a', 'v1', '-m', 'one');
    const second = await repository.commit({ 'app.py': '2' });
    repository.git('checkout', '-q', '-b', 'feature/x');
    const third = await repository.commit({ 'app.py': '3' });
    repository.git('checkout', '-q', 'main');
    const revision = async (ref?: string) => (await prepare({ ref })).revision;
    expect(await revision()).toBe(second);
    expect(await revision('main')).toBe(second);
    expect(await revision('v1')).toBe(repository.first);
    expect(await revision('feature/x')).toBe(third);
    expect(await revision(repository.first)).toBe(repository.first);
  });

  test('falls back to a full fetch for a commit that the server does not hand out alone', async () => {
    const { repository, prepare } = await setUp();
    await repository.commit({ 'app.py': '2' });
    repository.git('config', 'protocol.version', '0'); // whose servers give only what a ref names
    expect((await prepare({ ref: repository.first })).revision).toBe(repository.first);
  });

  test('deploys a subdirectory, and nothing of the rest', async () => {
    const { input, prepareRelease, release } = await setUp({ files: { 'README.md': '', 'services/bot/main.py': '' } });
    const given = input({ subdirectory: 'services/bot' });
    expect(await act(() => prepareRelease(given))).toMatchObject({ command: 'python main.py' });
    expect(existsSync(join(release(given), 'README.md'))).toBe(false);
    expect(existsSync(join(release(given), '.git'))).toBe(false);
  });

  test('refuses a subdirectory that is missing, a file, .git, or a link that leads out', async () => {
    const { repository, prepare } = await setUp();
    symlinkSync('/etc', join(repository.folder, 'sly'));
    await repository.commit({});
    for (const subdirectory of ['absent', 'app.py', '.git', 'sly']) {
      await expect(prepare({ subdirectory })).rejects.toEqual(
        expect.objectContaining({ text: 'source_invalid.no_subdirectory', retryable: false }),
      );
    }
  });

  test.each(['no-such-branch', 'f'.repeat(40)])(
    'names a ref that there is not (%s), and does not try again',
    async (ref) => {
      const { prepare } = await setUp();
      await expect(prepare({ ref })).rejects.toEqual(
        expect.objectContaining({
          code: 'source_invalid',
          text: 'source_invalid.no_ref',
          retryable: false,
          params: expect.objectContaining({ ref }) as unknown,
        }),
      );
    },
  );

  test('runs no hook, takes no submodule and no filter of the repository', async () => {
    const { host, repository, input, prepareRelease, release } = await setUp({
      files: { 'app.py': '1', '.gitattributes': '*.py filter=lfs' },
    });
    const mark = join(host.folder, 'hook-ran');
    writeFileSync(
      join(repository.folder, '.gitmodules'),
      `[submodule "x"]\n path = x\n url = ext::sh -c "touch ${mark}"\n`,
    );
    await repository.commit({ 'hooks/post-checkout': `#!/bin/sh\ntouch ${mark}` });
    const given = input({});
    await act(() => prepareRelease(given));
    expect(existsSync(mark)).toBe(false);
    expect(fileText(join(release(given), 'app.py'))).toBe('1');
  });
});

describe('git, when the host', () => {
  test.each([
    [500, true],
    [503, true],
    [403, false],
    [404, false],
  ])('answers %i, another try may pass: %s', async (status, retryable) => {
    const { prepare, server } = await setUp();
    server.failWith = [status];
    await expect(prepare({})).rejects.toEqual(expect.objectContaining({ code: 'source_unreachable', retryable }));
  });

  test('is not there, another try may pass', async () => {
    const { prepare } = await setUp();
    await expect(prepare({ url: 'http://127.0.0.1:9/x.git' })).rejects.toEqual(
      expect.objectContaining({ code: 'source_unreachable', retryable: true }),
    );
  });

  test('has no such repository, it is not asked again', async () => {
    const { prepare, server } = await setUp();
    await expect(prepare({ url: `${server.url}/absent.git` })).rejects.toEqual(
      expect.objectContaining({ code: 'source_unreachable', retryable: false }),
    );
  });

  test('wants a token that it was not given, nobody is asked', async () => {
    const { prepare } = await setUp({ token: TOKEN });
    await expect(prepare({})).rejects.toEqual(
      expect.objectContaining({ text: 'source_unreachable.refused', retryable: false }),
    );
  });
});

describe('a token', () => {
  test('reaches its server, and stands in no argument, log or file', async () => {
    const { host, server, input, prepareRelease } = await setUp({ token: TOKEN });
    const given = input({ token: host.settings.secrets.seal(TOKEN, { service: 'shop', name: 'source.token' }) });
    const seen: string[] = [];
    const watching = setInterval(() => seen.push(...processesWith(TOKEN)), 20);
    await act(() => prepareRelease(given));
    clearInterval(watching);
    expect(server.authorizations.filter((header) => header !== undefined).length).toBeGreaterThan(0);
    expect(seen).toEqual([]);
    expect(await readLog(host, given.deploymentId)).toContain('git');
    const onDisk = execFileSync('sh', ['-c', `grep -rlF -- "${TOKEN}" "${host.folder}" || true`], { encoding: 'utf8' });
    expect(onDisk).toBe('');
  });

  test('that is wrong is refused for good', async () => {
    const { host, prepare } = await setUp({ token: TOKEN });
    const token = host.settings.secrets.seal('wrong-token-0123', { service: 'shop', name: 'source.token' });
    await expect(prepare({ token })).rejects.toEqual(
      expect.objectContaining({ text: 'source_unreachable.refused', retryable: false }),
    );
  });

  test('is not given to a host that the server sends git on to', async () => {
    const { host, server, prepare } = await setUp({ token: TOKEN });
    const stranger = await serveGit(join(host.folder, 'served'), 'another');
    server.redirectTo = stranger.url;
    const token = host.settings.secrets.seal(TOKEN, { service: 'shop', name: 'source.token' });
    await expect(prepare({ url: `${server.url}/elsewhere/shop/.git`, token })).rejects.toEqual(
      expect.objectContaining({ code: 'source_unreachable' }),
    );
    expect(stranger.authorizations.filter((header) => header !== undefined)).toEqual([]);
  });
});

test('a cancel ends git at once, and leaves nothing', async () => {
  const { host, server, prepareRelease, input } = await setUp();
  server.hangs = true;
  const { result, cancel } = runActivity(() => prepareRelease(input({})));
  await eventually(() => server.authorizations.length > 0);
  const began = Date.now();
  cancel();
  await expect(result).rejects.toThrow('cancelled');
  expect(Date.now() - began).toBeLessThan(3000);
  expect(processesWith(server.url)).toEqual([]);
  expect(execFileSync('ls', [host.at.temporary], { encoding: 'utf8' })).toBe('');
});

test('ssh goes as git, and a query is not shown', () => {
  expect(gitUrl('ssh://host.example/team/x.git')).toBe('ssh://git@host.example/team/x.git');
  expect(shownUrl('https://host.example/x.git?private_token=abc')).toBe('https://host.example/x.git');
});
