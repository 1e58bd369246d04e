import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { gitArgv, gitUrl, shownUrl, sshCommand } from '../../../src/activities/prepare/git-command.js';
import { shownLine } from '../../../src/activities/prepare/git-output.js';
import { proxyOf, readSshHost, routeOverHttp, routeOverSsh } from '../../../src/activities/prepare/git-route.js';
import { createPrepare } from '../../../src/activities/prepare/index.js';
import { createAddressGuard } from '../../../src/address-guard.js';
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
import { onTestFinished } from '../../support/jest/test-end.js';
import { below } from '../../support/odd-names.js';

const TOKEN = 'ghp_geheimnis-0123456789';

interface Setting {
  token?: string;
  user?: string;
  files?: Record<string, string>;
}

async function setUp({ token, user, files = { 'app.py': '1' } }: Setting = {}) {
  const host = await makeHost();
  const root = join(host.folder, 'served');
  mkdirSync(root);
  const repository = await makeRepository(join(root, 'shop'), files);
  const server = await serveGit(root, token, user);
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

describe('git sources', () => {
  test('a repository with a file name that isn’t UTF-8 is refused, and no file remains', async () => {
    const { host, repository, prepare } = await setUp();
    writeFileSync(below(repository.folder, Buffer.from([0x63, 0xe9])), '');
    await repository.commit({});
    await expect(prepare({})).rejects.toMatchObject({
      text: 'source_invalid.not_utf8',
      params: { path: 'c\\xe9' },
      retryable: false,
    });
    expect(readdirSync(host.at.temporary)).toEqual([]);
  });

  const SCM = '[project]\nname = "tiny-bot"\ndynamic = ["version"]\n[build-system]\nrequires = ["setuptools-scm"]\n';

  test('the version of a project is derived from git tags for a branch, a tag, a full commit and a snapshot', async () => {
    const { host, repository, prepare, input, prepareRelease } = await setUp({
      files: { 'pyproject.toml': SCM, 'main.py': '' },
    });
    const untagged = await prepare({});
    expect(untagged.version?.value).toBe(`0.1.dev1+g${repository.first.slice(0, 9)}`);
    repository.git('config', 'uploadpack.allowFilter', 'true'); // from here on a server that can send commits alone
    repository.git('tag', '-a', 'v1.2.3', '-m', 'one');
    const later = await repository.commit({ 'app.py': '2' });
    const variable = 'SETUPTOOLS_SCM_PRETEND_VERSION_FOR_TINY_BOT';
    expect((await prepare({})).version).toEqual({ value: `1.2.4.dev1+g${later.slice(0, 9)}`, variable });
    expect((await prepare({ ref: 'v1.2.3' })).version).toEqual({ value: '1.2.3', variable });
    expect((await prepare({ ref: repository.first })).version).toEqual({ value: '1.2.3', variable });

    const ref = attemptRef('shop');
    const told = await act(() => prepareRelease(input({}, ref)));
    const snapshot = prepareInput({ type: 'snapshot', release: ref.deploymentId }, {}, attemptRef('shop'));
    expect((await act(() => prepareRelease(snapshot))).version).toEqual(told.version);
    expect(await readLog(host, ref.deploymentId)).toContain(`the build gets version ${String(told.version?.value)}`);
  });

  test('a subdirectory that is a workspace member keeps its workspace and its version', async () => {
    const root = '[tool.uv.workspace]\nmembers = ["apps/*"]\n';
    const files = { 'pyproject.toml': root, 'apps/bot/pyproject.toml': SCM, 'apps/bot/main.py': '' };
    const { host, repository, prepareRelease, input } = await setUp({ files });
    repository.git('tag', 'v2.0');
    const ref = attemptRef('shop');
    const release = await act(() => prepareRelease(input({ subdirectory: 'apps/bot' }, ref)));
    expect(release).toMatchObject({ folder: 'apps/bot', command: 'python main.py', version: { value: '2.0' } });
    expect(fileText(join(releaseDir(host.at, 'shop', ref.deploymentId), 'pyproject.toml'))).toBe(root);
    repository.git('tag', '-d', 'v2.0');
    repository.git('tag', 'v2.1');
    const retagged = await act(() => prepareRelease(input({ subdirectory: 'apps/bot' })));
    expect(retagged.sourceHash).not.toBe(release.sourceHash);
  });

  test('the history isn’t fetched for a project with a static version', async () => {
    const { host, repository, prepareRelease, input } = await setUp({
      files: { 'pyproject.toml': '[project]\nname = "x"\n', 'main.py': '' },
    });
    repository.git('tag', 'v1');
    const ref = attemptRef('shop');
    expect((await act(() => prepareRelease(input({}, ref)))).version).toBeUndefined();
    expect(await readLog(host, ref.deploymentId)).not.toContain('--filter');
  });

  test('the default branch, a branch, a tag or a full commit is checked out', async () => {
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

  test('all history is fetched if the server doesn’t send a single commit', async () => {
    const { repository, prepare } = await setUp();
    await repository.commit({ 'app.py': '2' });
    repository.git('config', 'protocol.version', '0'); // whose servers give only what a ref names
    expect((await prepare({ ref: repository.first })).revision).toBe(repository.first);
  });

  test('a subdirectory is deployed without other files of the repository', async () => {
    const { input, prepareRelease, release } = await setUp({ files: { 'README.md': '', 'services/bot/main.py': '' } });
    const given = input({ subdirectory: 'services/bot' });
    expect(await act(() => prepareRelease(given))).toMatchObject({ command: 'python main.py' });
    expect(existsSync(join(release(given), 'README.md'))).toBe(false);
    expect(existsSync(join(release(given), '.git'))).toBe(false);
  });

  test('a subdirectory that is missing, a file, .git or a symlink to the outside is refused', async () => {
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
    'an unknown ref (%s) is refused with its name and without retries',
    async (ref) => {
      const { prepare } = await setUp();
      await expect(prepare({ ref })).rejects.toEqual(
        expect.objectContaining({
          code: 'source_invalid',
          text: 'source_invalid.no_ref',
          retryable: false,
          params: expect.objectContaining({ ref }),
        }),
      );
    },
  );

  test('hooks, submodules and filters of a repository aren’t run', async () => {
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
    expect(await readLog(host, given.deploymentId)).toContain('files in Git LFS are not fetched');
    expect(fileText(join(release(given), 'app.py'))).toBe('1');
  });
});

test('submodules that aren’t fetched are listed in the log', async () => {
  const { host, repository, input, prepareRelease } = await setUp();
  repository.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},vendor/lib`);
  repository.git('commit', '-q', '-m', 'submodule');
  const given = input({});
  await act(() => prepareRelease(given));
  expect(await readLog(host, given.deploymentId)).toContain(
    'submodules are not fetched, their folders are empty: vendor/lib',
  );
});

test('a repository without a commit is refused with a specific error', async () => {
  const { host, prepare, server } = await setUp();
  execFileSync('git', ['init', '--quiet', join(host.folder, 'served/empty')]);
  await expect(prepare({ url: `${server.url}/empty/.git` })).rejects.toEqual(
    expect.objectContaining({ code: 'source_invalid', text: 'source_invalid.no_commit' }),
  );
});

describe('failing git hosts', () => {
  test.each([
    [500, true],
    [503, true],
    [403, false],
    [404, false],
  ])('the retryable flag for a git host that responds with %i is %s', async (status, retryable) => {
    const { prepare, server } = await setUp();
    server.failWith = [status];
    await expect(prepare({})).rejects.toEqual(expect.objectContaining({ code: 'source_unreachable', retryable }));
  });

  test('a git host that can’t be reached causes a retryable error', async () => {
    const { prepare } = await setUp();
    await expect(prepare({ url: 'http://127.0.0.1:9/x.git' })).rejects.toEqual(
      expect.objectContaining({ code: 'source_unreachable', retryable: true }),
    );
  });

  test('a missing repository causes an error without retries', async () => {
    const { prepare, server } = await setUp();
    await expect(prepare({ url: `${server.url}/absent.git` })).rejects.toEqual(
      expect.objectContaining({ code: 'source_unreachable', retryable: false }),
    );
  });

  test('a missing token causes an error without retries', async () => {
    const { prepare } = await setUp({ token: TOKEN });
    await expect(prepare({})).rejects.toEqual(
      expect.objectContaining({ text: 'source_unreachable.refused', retryable: false }),
    );
  });
});

describe('git tokens', () => {
  test('a token is sent to the git server and doesn’t appear in arguments, logs or files', async () => {
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

  test.each(['me', 'me@example.com', 'TEAM\\me', "o'neil", 'müller'])(
    'a token is sent together with the user %s',
    async (user) => {
      const { host, repository, prepare } = await setUp({ token: TOKEN, user });
      const token = host.settings.secrets.seal(TOKEN, { service: 'shop', name: 'source.token' });
      expect((await prepare({ token, username: user })).revision).toBe(repository.first);
      await expect(prepare({ token })).rejects.toEqual(expect.objectContaining({ text: 'source_unreachable.refused' }));
    },
  );

  test('a wrong token causes an error without retries', async () => {
    const { host, prepare } = await setUp({ token: TOKEN });
    const token = host.settings.secrets.seal('wrong-token-0123', { service: 'shop', name: 'source.token' });
    await expect(prepare({ token })).rejects.toEqual(
      expect.objectContaining({ text: 'source_unreachable.refused', retryable: false }),
    );
  });

  test('a token isn’t sent to another host that the server redirects to', async () => {
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

describe('git networks', () => {
  test.each([
    'http://127.0.0.2:9/x.git',
    'http://localhost:9/x.git',
    'http://10.1.2.3/x.git',
    'ssh://10.1.2.3/x.git',
    'ssh://2130706433/x',
    'ssh://0x7f.1/x',
  ])('git doesn’t connect to a private address that isn’t opened: %s', async (url) => {
    const { host, prepareRelease, input } = await setUp();
    host.settings.gitNetworks = ['127.0.0.9'];
    const given = input({ url });
    await expect(act(() => prepareRelease(given))).rejects.toEqual(
      expect.objectContaining({ text: 'source_unreachable.denied', retryable: false }),
    );
    expect(await readLog(host, given.deploymentId)).not.toContain('fetch');
  });

  test.each(['http://169.254.169.254/latest/', 'http://168.63.129.16/x', 'http://[64:ff9b::a9fe:a9fe]/x'])(
    'git never connects to a metadata service, even if all networks are opened: %s',
    async (url) => {
      const { host, prepare } = await setUp();
      host.settings.gitNetworks = ['0.0.0.0/0', '::/0'];
      await expect(prepare({ url })).rejects.toEqual(expect.objectContaining({ text: 'source_unreachable.denied' }));
    },
  );

  test('git over HTTP or SSH connects to the address that was checked', async () => {
    const guard = createAddressGuard(['127.0.0.0/8', '::1']);
    const { options } = await routeOverHttp(guard, 'https://localhost:8443/x.git');
    expect(options['http.curloptResolve']).toMatch(/^localhost:8443:(127\.0\.0\.1|\[::1\])/);
    expect(options['http.followRedirects']).toBe('false');
    const ssh = readSshHost(['hostname localhost', 'port 2222', 'proxycommand none'], 'alias');
    const { sshOptions } = await routeOverSsh(guard, 'ssh://alias:2222/x.git', ssh);
    expect(sshOptions).toEqual({
      HostName: expect.stringMatching(/^(127\.0\.0\.1|::1)$/),
      HostKeyAlias: '[localhost]:2222',
    });
    expect(sshCommand(sshOptions)).toContain("-o 'HostKeyAlias=[localhost]:2222'");
  });

  test('git over SSH connects to the checked address under the name in known_hosts', async () => {
    const { host, prepareRelease, input } = await setUp();
    const calls = join(host.folder, 'calls');
    const bin = join(host.folder, 'bin');
    mkdirSync(bin);
    const real = execFileSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim();
    const script = `#!/bin/sh\n[ "$1" = -G ] && exec ${real} "$@"\nprintf '%s\\n' "$*" >> ${calls}\nexit 255\n`;
    writeFileSync(join(bin, 'ssh'), script, { mode: 0o755 });
    const { toolEnvironment } = host.settings;
    host.settings.toolEnvironment = { ...toolEnvironment, PATH: `${bin}:${toolEnvironment['PATH'] ?? ''}` };
    await expect(act(() => prepareRelease(input({ url: 'ssh://localhost:2222/x.git' })))).rejects.toEqual(
      expect.objectContaining({ code: 'source_unreachable' }),
    );
    const call = fileText(calls);
    expect(call).toMatch(/-o HostName=(127\.0\.0\.1|::1) -o HostKeyAlias=\[localhost\]:2222/);
    expect(call).toContain('git@localhost');
  });

  test('a name that only a proxy can resolve is accessed through that proxy', async () => {
    const guard = createAddressGuard([]);
    const url = 'https://git.no-such-host.invalid/x.git';
    const proxy = proxyOf(url, { HTTPS_PROXY: 'http://proxy:3128', no_proxy: '.invalid' });
    const { options, environment } = await routeOverHttp(guard, url, proxy);
    expect(options).toEqual({ 'http.followRedirects': 'false' });
    expect(environment).toEqual({ https_proxy: 'http://proxy:3128', no_proxy: '', NO_PROXY: '' });
    await expect(routeOverHttp(guard, url)).rejects.toMatchObject({ text: 'source_unreachable.unknown_host' });
  });

  test('git connects to the checked address even if the name no longer resolves to that address', async () => {
    const { server } = await setUp();
    const { port } = new URL(server.url);
    const argv = gitArgv('git', { 'http.curloptResolve': `git.no-such-host.invalid:${port}:127.0.0.1` }, 'ls-remote');
    await promisify(execFile)(argv[0]!, [...argv.slice(1), `http://git.no-such-host.invalid:${port}/shop/.git`]);
    expect(server.authorizations.length).toBeGreaterThan(0);
  });
});

describe('redirects of git servers', () => {
  test('a redirect to the same host is followed', async () => {
    const { server, repository, prepare } = await setUp();
    server.redirectTo = server.url;
    expect((await prepare({ url: `${server.url}/elsewhere/shop/.git` })).revision).toBe(repository.first);
  });

  test('the token is sent after a redirect to the same host', async () => {
    const { host, server, repository, prepare } = await setUp({ token: TOKEN });
    server.redirectTo = server.url;
    const token = host.settings.secrets.seal(TOKEN, { service: 'shop', name: 'source.token' });
    expect((await prepare({ url: `${server.url}/elsewhere/shop/.git`, token })).revision).toBe(repository.first);
  });

  test('a redirect to another host isn’t followed, and no request is sent to that host', async () => {
    const { host, server, prepare } = await setUp();
    const stranger = await serveGit(join(host.folder, 'served'));
    server.redirectTo = stranger.url;
    await expect(prepare({ url: `${server.url}/elsewhere/shop/.git` })).rejects.toEqual(
      expect.objectContaining({ text: 'source_unreachable.redirected', retryable: false }),
    );
    expect(stranger.authorizations).toEqual([]);
  });

  test('a redirect isn’t followed if git uses a proxy', async () => {
    const { host, server, prepare } = await setUp();
    Object.assign(host.settings.toolEnvironment, { http_proxy: 'http://127.0.0.1:9', no_proxy: '127.0.0.1' });
    server.redirectTo = server.url;
    const before = server.authorizations.length;
    await expect(prepare({ url: `${server.url}/elsewhere/shop/.git` })).rejects.toEqual(
      expect.objectContaining({ text: 'source_unreachable.redirected' }),
    );
    expect(server.authorizations.length).toBe(before + 1); // git's own
  });

  test('a redirect loop ends with an error', async () => {
    const { server, prepare } = await setUp();
    server.redirectTo = `${server.url}/elsewhere`;
    await expect(prepare({ url: `${server.url}/elsewhere/shop/.git` })).rejects.toEqual(
      expect.objectContaining({ text: 'source_unreachable.redirected' }),
    );
    expect(server.authorizations.length).toBeLessThan(20);
  });
});

describe('output of git servers', () => {
  const BODY = 'INTERNAL-PAGE-SECRET';
  test.each([
    [200, 'text/html'],
    [200, 'application/x-git-upload-pack-advertisement'],
    [401, 'text/plain'],
    [404, 'text/plain'],
    [500, 'text/plain'],
  ])('the content of a response (%i, %s) appears in no log and no error', async (status, type) => {
    const { host, prepareRelease, input } = await setUp();
    for (const body of [BODY, `001e# service=git-upload-pack\n0000004fERR ${BODY}`, `0020${BODY}`]) {
      const server = createServer((_request, response) =>
        response.writeHead(status, { 'content-type': type }).end(body),
      );
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const given = input({ url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/x.git` });
      const error = await act(() => prepareRelease(given)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: expect.stringMatching(/^source_/) });
      expect(JSON.stringify(error)).not.toContain('INTERNAL');
      expect(await readLog(host, given.deploymentId)).not.toContain('INTERNAL');
    }
  });

  test.each([
    ["fatal: unable to access 'https://h/x/': The requested URL returned error: 404", true],
    ["fatal: unable to access 'http://h/x/': Failed to connect to h port 9: Couldn't connect to server", true],
    ["fatal: couldn't find remote ref no-such-branch", true],
    ['git@h: Permission denied (publickey).', true],
    ['remote: <html>secret</html>', false],
    ['secret', false],
  ])('whether the git output %s is shown is %s', (line, isShown) => {
    expect(shownLine(line)).toBe(isShown ? line : undefined);
  });

  test.each([
    ["fatal: invalid server response; got 'secret'", 'fatal: invalid server response; got …'],
    ['fatal: protocol error: bad line length character: secr', 'fatal: protocol error: …'],
    ['fatal: remote error: secret', 'fatal: remote error: …'],
  ])('the git output %s is shown as %s', (line, shown) => {
    expect(shownLine(line)).toBe(shown);
  });
});

test('a token isn’t sent over unencrypted HTTP, even if the check of the API was bypassed', async () => {
  const { host, prepare } = await setUp();
  const token = host.settings.secrets.seal(TOKEN, { service: 'shop', name: 'source.token' });
  await expect(prepare({ url: 'http://git.example.com/x.git', token })).rejects.toEqual(
    expect.objectContaining({ text: 'invalid.clear_token' }),
  );
});

test('a cancel ends git within 3 seconds and leaves no files', async () => {
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

test('SSH URLs get the user git or the given user, and the query of a URL isn’t shown', () => {
  expect(gitUrl('ssh://host.example/team/x.git')).toBe('ssh://git@host.example/team/x.git');
  expect(gitUrl('ssh://host.example/team/x.git', 'deploy')).toBe('ssh://deploy@host.example/team/x.git');
  expect(shownUrl('https://host.example/x.git?private_token=abc')).toBe('https://host.example/x.git');
});

test('a commit with more files than the limit is refused before its checkout, and no file remains', async () => {
  const { host, repository, prepare } = await setUp();
  // Nine folders, each holding the one before ten times: ten small objects, a billion files.
  let mode = '100644';
  let type = 'blob';
  let object = repository.git('rev-parse', 'HEAD:app.py');
  for (let level = 0; level < 9; level += 1) {
    const rows = Array.from({ length: 10 }, (_, i) => `${mode} ${type} ${object}\t${i}`).join('\n');
    object = execFileSync('git', ['mktree'], { cwd: repository.folder, input: `${rows}\n`, encoding: 'utf8' }).trim();
    [mode, type] = ['040000', 'tree'];
  }
  repository.git('update-ref', 'refs/heads/bomb', repository.git('commit-tree', object, '-m', 'bomb'));
  await expect(prepare({ ref: 'bomb' })).rejects.toMatchObject({
    code: 'source_invalid',
    text: 'source_invalid.too_many_entries',
    params: { limit: 100_000 },
  });
  expect(existsSync(host.at.temporary) ? readdirSync(host.at.temporary) : []).toEqual([]);
  expect(processesWith(host.folder)).toEqual([]);
});
