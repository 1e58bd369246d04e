import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { serveGit, makeRepository } from '../support/git-server.js';
import { Slipway } from '../support/slipway.js';

interface Upload {
  upload_id: string;
  sha256: string;
  bytes: number;
  expires_at: string;
}

const TOKEN = 'git-t0ken-0123456789';
const APP = readFileSync(new URL('../fixtures/apps/answers-200/main.py', import.meta.url), 'utf8');
const PYPROJECT = readFileSync(new URL('../fixtures/apps/answers-200/pyproject.toml', import.meta.url), 'utf8');

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start({ SLIPWAY_GIT_ALLOW: '127.0.0.0/8' });
});
afterAll(() => slipway.remove());

function pack(folder: string, ...args: string[]): Uint8Array {
  return execFileSync('tar', ['-czf', '-', '-C', folder, ...(args.length > 0 ? args : ['.'])]);
}

const upload = (body: Uint8Array, type = 'application/gzip') =>
  slipway.call<Upload & { code: string }>('/api/uploads', { body, headers: { 'Content-Type': type } });
const archive = (uploadId: string, service: string) => ({
  mode: 'uv',
  config: { service, source: { type: 'archive', upload_id: uploadId } },
});

describe('archive sources', () => {
  it('an archive is uploaded and deployed', async () => {
    const { status, body } = await upload(pack(join(slipway.sources, 'answers-200')));
    expect(status).toBe(201);
    expect(body.sha256).toMatch(/^[0-9a-f]{64}$/);
    const ended = await slipway.run(archive(body.upload_id, 'packed'));
    expect(ended.status).toBe('completed');
    expect((await fetch(ended.url!)).status).toBe(200);
  });

  it('an upload that isn’t gzip or has the wrong content type is refused', async () => {
    expect(await upload(new TextEncoder().encode('not gzip'))).toMatchObject({
      status: 400,
      body: { code: 'malformed' },
    });
    expect(await upload(pack(slipway.sources, 'answers-200'), 'application/json')).toMatchObject({ status: 415 });
  });

  it('a deployment fails with the name of a project file that is too large or slow to parse, and the worker survives', async () => {
    const { worker } = slipway.ready.pids;
    const folder = join(slipway.home, 'huge');
    mkdirSync(folder);
    writeFileSync(join(folder, 'main.py'), '');
    writeFileSync(join(folder, 'Procfile'), '');
    truncateSync(join(folder, 'Procfile'), 200 * 1024 ** 2);
    const huge = pack(folder);
    expect(huge.length).toBeLessThan(256 * 1024);
    writeFileSync(join(folder, 'Procfile'), `web:${' '.repeat(250_000)}x\n`);
    const slow = pack(folder);
    for (const [name, bytes, message] of [
      ['huge', huge, 'Procfile 超過 1 MiB'],
      ['slow', slow, 'Procfile 的第 1 行超過 65536 個字元'],
    ] as const) {
      const ended = await slipway.run(archive((await upload(bytes)).body.upload_id, `project-${name}`));
      expect(ended).toMatchObject({ status: 'failed', error: { code: 'source_invalid', step: 'prepare', message } });
    }
    expect(slipway.ready.pids.worker).toBe(worker);
  });

  it('a deployment of a truncated archive or of an archive with a symlink to the outside fails', async () => {
    const whole = pack(join(slipway.sources, 'answers-200'));
    const folder = join(slipway.home, 'evil');
    mkdirSync(folder);
    writeFileSync(join(folder, 'main.py'), '');
    symlinkSync('/etc', join(folder, 'out'));
    for (const [name, bytes] of [
      ['cut', whole.subarray(0, whole.length - 200)],
      ['evil', pack(folder)],
    ] as const) {
      const { body } = await upload(bytes);
      const ended = await slipway.run(archive(body.upload_id, name));
      expect(ended).toMatchObject({ status: 'failed', error: { code: 'source_invalid', step: 'prepare' } });
    }
  });
});

/** Tells the version of its own package. */
const TELLS_VERSION = `
import http.server, importlib.metadata, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(importlib.metadata.version("versioned").encode())

http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`;
const VERSIONED = {
  'pyproject.toml': `[build-system]
requires = ["setuptools>=64", "setuptools-scm>=8"]
build-backend = "setuptools.build_meta"
[project]
name = "versioned"
dynamic = ["version"]
dependencies = []
[tool.setuptools]
packages = ["versioned"]
[tool.setuptools_scm]
[tool.slipway]
command = "python -m versioned"
kind = "web"
`,
  'versioned/__init__.py': '',
  'versioned/__main__.py': TELLS_VERSION,
};

describe('git sources', () => {
  it.each(['uv', 'fallback'])(
    'setuptools-scm reads the version of a package from the tags of its git repository (%s)',
    async (mode) => {
      const folder = join(slipway.home, `versioned-${mode}`);
      mkdirSync(folder);
      const repository = await makeRepository(folder, VERSIONED);
      repository.git('tag', 'v1.4.0');
      const source = { type: 'git', url: `${(await serveGit(slipway.home)).url}/versioned-${mode}` };
      const versionOf = async (): Promise<string> => {
        const ended = await slipway.run({ mode, config: { service: `versioned-${mode}`, source } });
        expect(ended).toMatchObject({ status: 'completed' });
        return (await fetch(ended.url!)).text();
      };
      expect(await versionOf()).toBe('1.4.0');
      const second = await repository.commit({ 'versioned/more.py': '' });
      expect(await versionOf()).toMatch(new RegExp(`^1\\.4\\.1\\.dev1\\+g${second.slice(0, 7)}`));
    },
  );

  it('a git repository is deployed from a subdirectory and by commit, and its token isn’t logged', async () => {
    const folder = join(slipway.home, 'repository');
    mkdirSync(folder);
    const repository = await makeRepository(folder, { 'app/main.py': APP, 'app/pyproject.toml': PYPROJECT });
    const server = await serveGit(slipway.home, TOKEN);
    const source = { type: 'git', url: `${server.url}/repository`, subdirectory: 'app', token: TOKEN };
    const first = await slipway.run({ mode: 'uv', config: { service: 'from-git', source } });
    expect(first.status).toBe('completed');
    const { releases } = await slipway.service('from-git');
    expect(releases.at(-1)!.revision).toBe(repository.first);
    const second = await repository.commit({ 'app/main.py': `${APP}# changed\n` });
    const ended = await slipway.run({
      mode: 'uv',
      config: { service: 'from-git', source: { ...source, ref: second } },
    });
    expect(ended).toMatchObject({ status: 'completed', changed: true });
    expect((await slipway.service('from-git')).releases.at(-1)!.revision).toBe(second);
    expect(await slipway.logs(first.deployment_id)).not.toContain(TOKEN);
  });

  it('a git deployment fails with a specific error for an unknown ref or a wrong token', async () => {
    const folder = join(slipway.home, 'second-repository');
    mkdirSync(folder);
    await makeRepository(folder, { 'main.py': APP });
    const server = await serveGit(slipway.home, TOKEN);
    const run = (rest: Record<string, unknown>) =>
      slipway.run({
        mode: 'uv',
        config: { service: 'no-git', source: { type: 'git', url: `${server.url}/second-repository`, ...rest } },
      });
    expect((await run({ token: TOKEN, ref: 'no-such-branch' })).error).toMatchObject({ code: 'source_invalid' });
    expect((await run({ token: 'wrong-token-wrong' })).error).toMatchObject({ code: 'source_unreachable' });
  });
});

describe('sources of an existing service', () => {
  it('a request without a source deploys the kept source of its service with new variables', async () => {
    const first = await slipway.run(slipway.app('answers-200', { service: 'again' }));
    const second = await slipway.run({
      mode: 'uv',
      config: { service: 'again', environment_variables: { GREETING: 'hello' } },
    });
    expect(second).toMatchObject({ status: 'completed', changed: true });
    expect(second.deployment_id).not.toBe(first.deployment_id);
  });
});

describe('declarations of an app', () => {
  it('a release command runs before the app’s page answers', async () => {
    const ended = await slipway.run(slipway.app('needs-release-command'));
    expect(ended.status).toBe('completed');
    expect((await fetch(ended.url!)).status).toBe(200);
  });

  it('a changed local requirement is installed again although its line in the requirements is unchanged', async () => {
    const first = await slipway.run(slipway.app('local-requirement'));
    const page = async (url: string) => (await fetch(url)).text();
    const before = await page(first.url!);
    writeFileSync(join(slipway.sources, 'local-requirement/lib/greeting/__init__.py'), 'TEXT = "changed"\n');
    const second = await slipway.run(slipway.app('local-requirement'));
    expect(second).toMatchObject({ status: 'completed', changed: true });
    expect(await page(second.url!)).not.toBe(before);
  });

  it('an app started by `uv run` uses the installed environment and creates no other environment', async () => {
    const folder = join(slipway.sources, 'by-uv-run');
    mkdirSync(folder);
    const groups = '[dependency-groups]\ndev = ["idna"]\n';
    writeFileSync(
      join(folder, 'pyproject.toml'),
      `[project]\nname = "by-uv-run"\nversion = "1"\ndependencies = ["six"]\n${groups}`,
    );
    writeFileSync(
      join(folder, 'main.py'),
      'import importlib.util, os, six, sys, time\nprint(sys.prefix == os.environ["VIRTUAL_ENV"], importlib.util.find_spec("idna"))\ntime.sleep(999)\n',
    );
    writeFileSync(join(folder, 'Procfile'), 'worker: uv run main.py\n');
    const config = { health_check: { min_uptime: 0.5 } };
    const { status, deployment_id: id } = await slipway.run(slipway.app('by-uv-run', config, { environment: 'prod' }));
    expect(status).toBe('completed');
    await eventually(async () => (await slipway.logs(id)).includes('True None'));
    const release = join(slipway.dataDir, 'releases/by-uv-run', id);
    expect(existsSync(join(release, 'main.py'))).toBe(true);
    expect(existsSync(join(release, '.venv'))).toBe(false);
  });

  it('an app with a fixed port can be redeployed, and another service with the same port is refused', async () => {
    const ended = await slipway.run(slipway.app('fixed-port', { port: 18_573 }));
    expect(ended).toMatchObject({ status: 'completed', url: 'http://127.0.0.1:18573' });
    const stranger = await slipway.run(slipway.app('fixed-port', { port: 18_573, service: 'stranger' }));
    expect(stranger.error).toMatchObject({ code: 'port_unavailable', type: 'EnvironmentError' });
    const again = await slipway.run(slipway.app('fixed-port', { port: 18_573, environment_variables: { A: 'b' } }));
    expect(again.status).toBe('completed');
  });

  it('an app that ignores SIGTERM is killed when its successor is deployed', async () => {
    const first = await slipway.run(slipway.app('ignores-sigterm', { health_check: { min_uptime: 0.5 } }));
    expect(first.status).toBe('completed');
    const before = slipway.appProcesses('ignores-sigterm');
    const next = await slipway.run(
      slipway.app('ignores-sigterm', { health_check: { min_uptime: 0.5 }, environment_variables: { A: 'b' } }),
    );
    expect(next.status).toBe('completed');
    expect(slipway.appProcesses('ignores-sigterm').filter((pid) => before.includes(pid))).toEqual([]);
  });
});
