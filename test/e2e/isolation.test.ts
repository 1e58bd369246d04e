// A host that runs apps in containers only: no project, request or failed build leads out of one.
import { execFile } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DOCKERFILE, DockerStage, missing, request, SERVER, type Project } from '../support/docker-stage.js';
import { BASE_IMAGE } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import { describeIf } from '../support/jest/conditions.js';
import { about } from '../support/jest/about.js';
import { killIfThere, PROJECT, type Slipway } from '../support/slipway.js';

const COMMAND_ENDS = { timeoutMs: 30_000 };

interface ServiceEvent {
  event_type: string;
  metadata: { command_id?: string };
}

/** What a server on the host's loopback is asked for, while the work goes on. */
async function askedOfHost(work: (url: string) => Promise<void>): Promise<string[]> {
  const asked: string[] = [];
  const server = createServer((req, res) => {
    asked.push(req.url ?? '');
    res.end('of the host');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/secret`);
  } finally {
    server.close();
  }
  return asked;
}

/** Leaves a trace where it runs as a process of the host. */
const leavingTrace = (path: string): string => `
try:
    open(${JSON.stringify(path)}, "w").write("ran on the host")
except OSError:
    pass
${SERVER}`;

describeIf(missing === undefined)('SLIPWAY_ISOLATION=container', () => {
  let stage: DockerStage;
  let slipway: Slipway;
  beforeAll(async () => {
    stage = await DockerStage.open();
    ({ slipway } = stage);
  });
  afterAll(() => stage.close());

  /** What the command line says; rejects where it exits with another code than 0. */
  function cli(args: string[], shell: Record<string, string> = {}): Promise<{ stdout: string; stderr: string }> {
    const env = { ...process.env, SLIPWAY_DATA_DIR: slipway.dataDir, SLIPWAY_LANG: 'en', ...shell };
    const argv = [join(PROJECT, 'scripts/slipway.mjs'), ...args];
    return promisify(execFile)(process.execPath, argv, { env, cwd: slipway.home });
  }

  /** Gives a command; returns the event that says how it went. */
  async function endOf(service: string, command: string): Promise<ServiceEvent> {
    const path = `/api/services/${service}/${command}`;
    const { body: accepted } = await slipway.call<{ command_id: string; events_url: string }>(path, { body: {} });
    return eventually(async () => {
      const { body: events } = await slipway.call<ServiceEvent[]>(accepted.events_url);
      return events.find(({ metadata }) => metadata.command_id === accepted.command_id);
    }, COMMAND_ENDS);
  }

  it('an attempt reports the user or container that its code ran as, unless the release is unchanged', async () => {
    const app = stage.withPage();
    const inContainer = await slipway.run(request(app));
    expect(inContainer.attempts).toMatchObject([{ mode: 'docker', runs_as: 'container' }]);
    const asProcess = await slipway.run(slipway.app('answers-200'));
    expect(asProcess.attempts).toMatchObject([{ mode: 'uv', runs_as: 'root' }]);
    const unchanged = await slipway.run(slipway.app('answers-200'));
    expect(unchanged).toMatchObject({ changed: false, attempts: [{ mode: 'uv', status: 'completed' }] });
    expect(unchanged.attempts[0]).not.toHaveProperty('runs_as'); // nothing ran
  });

  it('a service with container isolation starts no new process, and its running process keeps serving', async () => {
    const isolation = async (...args: string[]): Promise<{ isolation: string }> => {
      const { stdout } = await cli(['isolation', ...args, '--json']);
      return JSON.parse(stdout) as { isolation: string };
    };
    await slipway.run(slipway.app('answers-200', { service: 'guarded' }));
    const { instance } = await slipway.service('guarded');
    expect(await isolation('guarded', 'container')).toMatchObject({ isolation: 'container' });
    await expect(isolation('new-name', 'container')).rejects.toMatchObject({ code: 1 });
    expect((await slipway.call('/api/services/new-name')).status).toBe(404);
    const registered = await isolation('new-name', 'container', '--register');
    expect(registered).toMatchObject({ name: 'new-name', isolation: 'container' });

    expect(await endOf('guarded', 'restart')).toMatchObject({
      event_type: 'command_failed',
      message: expect.stringContaining('isolation: container'),
    });
    expect(await slipway.service('guarded')).toMatchObject({ status: 'running', instance });

    const trace = join(slipway.home, 'trace-of-service');
    for (const [service, files] of [
      ['guarded', { 'pyproject.toml': '[tool.slipway]\ndocker = false\n' }],
      ['new-name', { Dockerfile: 'FROM python:3.11-slim\nRUN false\n' }],
    ] as const) {
      const app = stage.project({ 'main.py': leavingTrace(trace), Procfile: 'web: python main.py', ...files });
      const ended = await slipway.run({ ...request(app, { service }), mode: 'auto' });
      expect(ended.status).toBe('failed');
      expect(JSON.stringify(ended.attempts)).toContain('isolation: container');
    }
    expect(existsSync(trace)).toBe(false);
    const asked = await slipway.run(slipway.app('answers-200', { service: 'guarded' }, { force_rebuild: true }));
    expect(asked).toMatchObject({ status: 'failed', error: { code: 'tool_missing' } });
    expect(await slipway.service('guarded')).toMatchObject({ status: 'running', instance });

    const inContainer = await slipway.run(request(stage.withPage(), { service: 'guarded' }));
    expect(inContainer).toMatchObject({ status: 'completed', active_mode: 'docker' });
    // The release before it ran as a process.
    const { releases } = await slipway.service('guarded');
    const tried = releases.findLast(({ active }) => !active)!.release;
    expect(await endOf('guarded', 'rollback')).toMatchObject({
      event_type: 'command_failed',
      message: expect.stringContaining(tried),
      metadata: { release: tried, hint: expect.stringContaining('docker') },
    });
    await expect(cli(['rollback', 'guarded'])).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/✖ The rollback to .*\n +Deploy with --mode docker.*\n +guarded is now running/),
    });
    expect(await slipway.service('guarded')).toMatchObject({ status: 'running', url: inContainer.url });
  });

  it('warnings about apps outside containers depend on the mode that runs, not on the requested mode', async () => {
    const failing = { Dockerfile: 'FROM python:3.11-slim\nRUN false\n', 'requirements.txt': '' };
    for (const [service, mode, files, fallbacks] of [
      ['auto-inside', 'auto', {}, {}],
      [
        'fell-inside',
        'fallback',
        { 'requirements.txt': 'no-such-project-of-slipway @ file:///nowhere\n' },
        { fallback_modes: ['docker'] },
      ],
      ['fell-outside', 'docker', failing, { fallback_modes: ['uv'] }],
    ] as const) {
      const app = stage.withPage({ Dockerfile: DOCKERFILE, ...files });
      const config = { service, ...fallbacks };
      const ended = await slipway.run({ ...request(app, config), mode });
      about(JSON.stringify(ended), () => {
        expect(ended).toMatchObject({ status: 'completed' });
      });
    }
    const { body: rows } = await slipway.call<{ name: string; mode?: string }[]>('/api/services');
    const modes = Object.fromEntries(rows.map(({ name, mode }) => [name, mode]));
    expect(modes).toMatchObject({ 'auto-inside': 'docker', 'fell-inside': 'docker', 'fell-outside': 'uv' });
    expect((await cli(['services', 'fell-outside'])).stdout).toMatch(/^MODE +uv$/m);

    const isolated = async (service: string): Promise<string> =>
      (await cli(['isolation', service, 'container'])).stderr;
    expect(await isolated('auto-inside')).not.toContain('outside a container');
    expect(await isolated('fell-inside')).not.toContain('outside a container');
    expect(await isolated('fell-outside')).toContain('outside a container');

    const { stdout } = await cli(['doctor'], { SLIPWAY_ISOLATION: 'container' });
    expect(stdout).toContain('A project may choose to run without a container'); // as the Slipway that runs was told
  });

  it('a running process stays after a change to container isolation, and isn’t restarted', async () => {
    const pids = slipway.appProcesses('answers-200');
    expect(pids).not.toEqual([]);
    await slipway.down();
    slipway.env['SLIPWAY_ISOLATION'] = 'container';
    await slipway.up();
    expect(slipway.appProcesses('answers-200')).toEqual(pids);
    const warned = /^Warning: these still run outside containers: (.*)\. Deploy/m
      .exec(slipway.output)?.[1]
      ?.split(', ');
    expect(warned).toEqual(expect.arrayContaining(['answers-200', 'fell-outside']));
    expect(warned).not.toContain('auto-inside');

    const { stdout } = await cli(['doctor']);
    const named = /still run outside containers: (.*)/.exec(stdout)?.[1]?.split(', ') ?? [];
    expect(named).toEqual(expect.arrayContaining(['answers-200', 'fell-outside']));
    expect(named).not.toContain('auto-inside');
    expect(named).not.toContain('fell-inside');

    const end = await endOf('answers-200', 'restart');
    expect(end).toMatchObject({ event_type: 'command_failed' });
    expect(JSON.stringify(end)).toContain('SLIPWAY_ISOLATION');
    expect(slipway.appProcesses('answers-200')).toEqual(pids);

    for (const pid of pids) killIfThere(pid); // the keeper may have killed the rest of its app
    const said = await eventually(async () => {
      const { body } = await slipway.call<{ message?: string; hint?: string }>('/api/services/answers-200');
      return body.message?.includes('SLIPWAY_ISOLATION') === true && body;
    }, COMMAND_ENDS);
    expect(said).toMatchObject({ hint: expect.stringContaining('docker') });
  });

  it.each([
    ['forbids containers', { 'pyproject.toml': '[tool.slipway]\ndocker = false\n' }],
    ['has a Dockerfile that fails', { Dockerfile: 'FROM python:3.11-slim\nRUN false\n' }],
  ])('a project that %s isn’t run on a host with container isolation', async (_what, files) => {
    const trace = join(slipway.home, 'trace');
    const app = stage.project({ 'main.py': leavingTrace(trace), Procfile: 'web: python main.py', ...files });
    const ended = await slipway.run({ ...request(app), mode: 'auto' });
    expect(ended.status).toBe('failed');
    expect(ended.attempts.filter(({ status }) => status === 'skipped').map(({ mode }) => mode)).toEqual(
      expect.arrayContaining(['uv', 'fallback']),
    );
    expect(JSON.stringify(ended.attempts)).toContain('SLIPWAY_ISOLATION');
    expect(existsSync(trace)).toBe(false);
  });

  it('a Dockerfile with ADD of a URL is refused before the engine reads the URL', async () => {
    const asked = await askedOfHost(async (url) => {
      for (const line of [`ADD ${url} /x`, `ARG U=${url}\nADD $U /x`, `A\\\nDD ["${url}", "/x"]`]) {
        const app = stage.withPage({ Dockerfile: `FROM ${BASE_IMAGE}\n${line}\n` });
        const ended = await slipway.run(request(app));
        expect(ended.error).toMatchObject({ code: 'source_invalid', step: 'check' });
        expect(ended.error?.message).toMatch(/Dockerfile.* [23] /);
      }
    });
    expect(asked).toEqual([]);
  });

  it('a project name or subdirectory with line breaks can’t add lines to a generated Dockerfile', async () => {
    const root = '[project]\nname = "root"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["**"]\n';
    const member = (name: string): string => `[project]\nname = ${JSON.stringify(name)}\nversion = "1"\n`;
    const asked = await askedOfHost(async (url) => {
      // The name as an attacker writes it: `|| true` lets the line of uv succeed before the lines that are smuggled in.
      const lines = (address: string): string => `m || true\nfrom ${BASE_IMAGE}\nadd ${address} /leak\n#`;
      const files = { 'm/pyproject.toml': member(lines(url)), 'm/main.py': SERVER };
      const app = stage.project({ 'pyproject.toml': root, ...files });
      const source = { ...app.source, subdirectory: 'm' };
      const ended = await slipway.run(request({ source }, { service: app.name }));
      expect(ended.error).toMatchObject({ code: 'source_invalid', step: 'check' });
      const named = { ...source, subdirectory: lines(url.replaceAll('//', '/"/"')) };
      const body = request({ source: named }, { service: app.name });
      const refused = await slipway.call<{ errors: unknown }>('/api/deployments', { body });
      expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'config.source.subdirectory' }] } });
    });
    expect(asked).toEqual([]);
  });

  it('the engine builds the checked Dockerfile and ignores other Dockerfiles of the project', async () => {
    const linked = (files: Record<string, string>, links: [string, string][]): Project => {
      const app = stage.withPage(files);
      for (const [path, target] of links) symlinkSync(target, join(slipway.sources, app.name, path));
      return app;
    };
    const asked = await askedOfHost(async (url) => {
      const evil = DOCKERFILE.replace('COPY', `ADD ${url} /x\nCOPY`);
      for (const app of [
        stage.withPage({ '.slipway.Dockerfile': evil, '.slipway.Dockerfile.dockerignore': 'main.py' }),
        linked({ 'ok.Dockerfile': DOCKERFILE, dockerfile: evil, '.dockerignore': 'ok.Dockerfile' }, [
          ['Dockerfile', 'ok.Dockerfile'],
        ]),
        linked({ 'sub/deep/x': '', 'sub/x.Dockerfile': DOCKERFILE, 'x.Dockerfile': evil, '.dockerignore': 'd' }, [
          ['d', 'sub/deep'],
          ['Dockerfile', 'd/../x.Dockerfile'],
        ]),
      ]) {
        const ended = await slipway.run(request(app));
        about(JSON.stringify(ended.error), () => {
          expect(ended).toMatchObject({ status: 'completed' });
        });
      }
    });
    expect(asked).toEqual([]);
  });

  it('a build can’t read the build cache of another service', async () => {
    const withCache = (command: string): Record<string, string> => ({
      Dockerfile: DOCKERFILE.replace('EXPOSE', `RUN --mount=type=cache,target=/cache ${command}\nEXPOSE`),
    });
    const planting = stage.withPage(withCache('echo planted > /cache/x'));
    expect((await slipway.run(request(planting))).status).toBe('completed');
    expect((await slipway.run(request(stage.withPage(withCache('test ! -e /cache/x'))))).status).toBe('completed');
    const again = stage.withPage(withCache('test -e /cache/x'));
    expect((await slipway.run(request(again, { service: planting.name }))).status).toBe('completed');
  });

  it('a deployment in a process mode is refused with 503 on a host with container isolation', async () => {
    const answer = await slipway.call('/api/deployments', { body: slipway.app('answers-200', { service: 'other' }) });
    expect(answer.status).toBe(503);
    expect(answer.text).toContain('SLIPWAY_ISOLATION');
  });
});
