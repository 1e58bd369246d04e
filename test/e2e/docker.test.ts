import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ContainerInfo } from 'dockerode';
import { list as listTar } from 'tar';
import type { StatusBody } from '../../src/contract/views.js';
import { layout, serviceLogDir } from '../../src/contract/layout.js';
import { DOCKERFILE, DockerStage, missing, pageOf, request, SERVER } from '../support/docker-stage.js';
import { BASE_IMAGE, docker } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import { writeWheel } from '../support/installing.js';
import { describeIf } from '../support/jest/conditions.js';
import { readProc, type Slipway } from '../support/slipway.js';

const SECRET = 'planted-secret-of-docker';
const MIB = 1024 ** 2;
/** As a sentence names the number of the host's processors. */
const HOST_CPUS = new RegExp(`\\b${cpus().length}\\b`);
/** Says 200 MB, in lines of 100 bytes, before it serves. */
const CHATTY = `
import sys
for _ in range(2000):
    sys.stdout.write(("x" * 99 + "\\n") * 1000)
`;

/** Of the first process of a container. */
async function statusInside(id: string): Promise<string> {
  const { State } = await docker.getContainer(id).inspect();
  return readProc(State.Pid, 'status');
}

/** What a script prints in a container, errors included. */
async function pythonIn(id: string, script: string): Promise<string> {
  const exec = await docker
    .getContainer(id)
    .exec({ Cmd: ['python3', '-c', script], AttachStdout: true, AttachStderr: true });
  return text(await exec.start({}));
}
const fetchIn = (id: string, url: string): Promise<string> =>
  pythonIn(id, `from urllib.request import urlopen; print(urlopen(${JSON.stringify(url)}, timeout=3).read())`);

const addressOf = ({ NetworkSettings: { Networks } }: ContainerInfo): string => Object.values(Networks)[0]!.IPAddress;

describeIf(missing === undefined)('docker mode', () => {
  let stage: DockerStage;
  let slipway: Slipway;

  beforeAll(async () => {
    stage = await DockerStage.open({ SLIPWAY_CONTAINER_CPUS_MAX: '1024' }); // more than any host has
    ({ slipway } = stage);
  });
  afterAll(() => stage.close());

  it('a project without a Dockerfile is built, runs as an unprivileged user and serves its page', async () => {
    const app = stage.withPage();
    const ended = await slipway.run(request(app));
    expect(ended).toMatchObject({
      status: 'completed',
      changed: true,
      active_mode: 'docker',
      progress_percentage: 100,
    });
    expect(await pageOf(ended)).toBe(`VERSION ${ended.deployment_id}`);
    const [container, ...others] = await stage.containersOf(app.name);
    expect(others).toEqual([]);
    expect(container?.Ports).toMatchObject([{ IP: '127.0.0.1', PublicPort: Number(new URL(ended.url!).port) }]);
    expect((await docker.getImage(container!.Image).inspect()).Config.User).toBe('10001');
    expect(await slipway.logs(ended.deployment_id)).toContain('FROM python:3.11-slim');

    const again = await slipway.run(request(app));
    expect(again).toMatchObject({ status: 'completed', changed: false, url: ended.url });
  });

  it('a container gets seven capabilities and limits for processes, processors and memory', async () => {
    const app = stage.project({
      'main.py': SERVER,
      Dockerfile: DOCKERFILE,
    });
    const ended = await slipway.run(request(app));
    expect(ended.status).toBe('completed');
    const [container] = await stage.containersOf(app.name);
    const { HostConfig } = await docker.getContainer(container!.Id).inspect();
    expect(HostConfig).toMatchObject({ PidsLimit: 1024, SecurityOpt: ['no-new-privileges'], CapDrop: ['ALL'] });
    expect(HostConfig.NanoCpus).toBe(cpus().length * 1e9); // the operator's maximum is above that
    expect(HostConfig.Memory).toBeGreaterThanOrEqual(512 * MIB);
    expect(HostConfig.Memory).toBeLessThanOrEqual(Math.max(512 * MIB, totalmem() / 2));
    const status = await statusInside(container!.Id);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    // CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID and NET_BIND_SERVICE, by their numbers in capability.h
    const allowed = [0, 1, 3, 5, 6, 7, 10].reduce((bits, bit) => bits | (1n << BigInt(bit)), 0n);
    expect(BigInt(`0x${/^CapBnd:\s+(\w+)$/m.exec(status)?.[1] ?? ''}`)).toBe(allowed);
  });

  it('labels of an image decide nothing: no file outside the service’s data changes, and other apps keep running', async () => {
    const victim = stage.withPage();
    expect((await slipway.run(request(victim))).status).toBe('completed');
    const { instance } = await slipway.service(victim.name);
    const links = JSON.stringify([{ path: '../../outside.txt', at: '/app/evil.txt' }]);
    const evil = (label: string) => ({
      'main.py': SERVER,
      'evil.txt': 'evil',
      Dockerfile: DOCKERFILE.replace(
        'EXPOSE',
        `LABEL slipway.links='${links}' slipway.facts='{}' slipway.variables=PATH slipway.instance='${label}'\nRUN touch -d 2035-01-01 evil.txt\nEXPOSE`,
      ),
    });
    const attacker = stage.project(evil(instance!));
    const first = await slipway.run(request(attacker));
    expect(first.status).toBe('completed');
    const [container] = await stage.containersOf(attacker.name);
    expect(container!.Labels).toMatchObject({ 'slipway.links': '', 'slipway.variables': '' });

    const folder = attacker.source.path;
    for (const label of [instance!, '日本 x']) {
      writeFileSync(join(folder, 'Dockerfile'), evil(label).Dockerfile);
      const again = await slipway.run(request(attacker, { persist: ['keep/'], release_command: 'sleep 1' }));
      expect(again.status).toBe('completed');
    }
    expect(existsSync(join(slipway.dataDir, 'data', 'outside.txt'))).toBe(false);
    expect(existsSync(join(slipway.dataDir, 'outside.txt'))).toBe(false);
    expect(await slipway.service(victim.name)).toMatchObject({ status: 'running', instance, restarts: 0 });
  });

  it('an app can’t reach an unpublished port of another service’s container', async () => {
    const victim = stage.withPage();
    const attacker = stage.withPage();
    for (const app of [victim, attacker]) expect((await slipway.run(request(app))).status).toBe('completed');
    const [target] = await stage.containersOf(victim.name);
    const [from] = await stage.containersOf(attacker.name);
    const inside = `http://${addressOf(target!)}:${target!.Ports[0]!.PrivatePort}/`;
    expect(await fetchIn(target!.Id, inside)).toContain('VERSION');
    expect(await fetchIn(from!.Id, inside)).toMatch(/timed out|unreachable|refused/i);
  });

  it('both containers of a switch use the service’s one network, and unregistering removes the network', async () => {
    const app = stage.withPage();
    await slipway.run(request(app));
    const [first] = await stage.containersOf(app.name);
    writeFileSync(join(slipway.sources, app.name, 'main.py'), `${SERVER}\n# changed\n`);
    await slipway.run(request(app));
    const [second] = await stage.containersOf(app.name);
    expect(second!.Id).not.toBe(first!.Id);
    expect(Object.keys(second!.NetworkSettings.Networks)).toEqual(Object.keys(first!.NetworkSettings.Networks));
    expect(await stage.networksOf(app.name)).toHaveLength(1);
    await slipway.call(`/api/services/${app.name}`, { method: 'DELETE' });
    await eventually(async () => (await stage.networksOf(app.name)).length === 0);
  });

  it('the project’s own Dockerfile sets the port, and files in .dockerignore stay out of the image', async () => {
    const app = stage.project({
      'main.py': SERVER,
      Dockerfile: DOCKERFILE,
      '.dockerignore': '*.secret\n',
      'keys.secret': 'not for the image',
    });
    const ended = await slipway.run(request(app));
    expect(ended).toMatchObject({ status: 'completed' });
    const [container] = await stage.containersOf(app.name);
    expect(container?.Ports[0]?.PrivatePort).toBe(7070);
    const archive = await docker.getContainer(container!.Id).getArchive({ path: '/app' });
    const names: string[] = [];
    await pipeline(archive, listTar({ onReadEntry: ({ path }) => names.push(path) }));
    expect(names).toContain('app/main.py');
    expect(names).not.toContain('app/keys.secret');
  });

  it('an app whose image exposes no port gets a port, and Slipway publishes that port', async () => {
    const app = stage.project({ 'main.py': SERVER, Dockerfile: DOCKERFILE.replace('EXPOSE 7070\n', '') });
    const ended = await slipway.run(request(app, { process: 'web' }));
    expect(ended).toMatchObject({ status: 'completed', url: expect.stringMatching(/^http/) });
    expect(await pageOf(ended)).toBe(`VERSION ${ended.deployment_id}`);
  });

  it('a second deployment replaces the container of the first release', async () => {
    const app = stage.withPage();
    const first = await slipway.run(request(app));
    writeFileSync(join(slipway.sources, app.name, 'main.py'), `${SERVER}\n# changed\n`);
    const second = await slipway.run(request(app));
    expect(await pageOf(second)).toBe(`VERSION ${second.deployment_id}`);
    const containers = await stage.containersOf(app.name);
    expect(containers.map(({ Labels }) => Labels['slipway.release'])).toEqual([second.deployment_id]);
    expect(first.deployment_id).not.toBe(second.deployment_id);
  });

  it('a secret appears only in the container’s environment, and in no image, label or log', async () => {
    const app = stage.project({ 'main.py': SERVER, Dockerfile: DOCKERFILE });
    const ended = await slipway.run(request(app, { environment_variables: { TOKEN: SECRET } }));
    expect(ended.status).toBe('completed');
    const [container] = await stage.containersOf(app.name);
    expect((await docker.getContainer(container!.Id).inspect()).Config.Env).toContain(`TOKEN=${SECRET}`);
    const image = docker.getImage(container!.Image);
    const told = JSON.stringify([await image.inspect(), await image.history(), container!.Labels, container!.Command]);
    expect(told).not.toContain(SECRET);
    const logOf = async () => (await slipway.call(`/api/services/${app.name}/logs`)).text;
    await eventually(async () => (await logOf()).includes('listening with ********'));
    expect(`${await logOf()}${await slipway.logs(ended.deployment_id)}`).not.toContain(SECRET);
  });

  it.each<[string, Record<string, string>, object, string, RegExp]>([
    [
      'a syntax error in its Dockerfile',
      { Dockerfile: 'FROM python:3.11-slim\nRUNN true\n' },
      {},
      'build_failed',
      /RUNN/,
    ],
    ['an unknown base image', { Dockerfile: 'FROM nowhere.invalid/base:1\n' }, {}, 'build_failed', /nowhere\.invalid/],
    [
      'COPY of a missing file',
      { Dockerfile: `FROM ${BASE_IMAGE}\nCOPY nowhere.txt .\n` },
      {},
      'build_failed',
      /nowhere\.txt.*原始碼中沒有/,
    ],
    [
      'COPY of a folder that .dockerignore excludes',
      { Dockerfile: `FROM ${BASE_IMAGE}\nCOPY data data\n`, 'data/x': '', '.dockerignore': 'data\n' },
      {},
      'build_failed',
      /data.*\.dockerignore/,
    ],
    [
      'a failing RUN instruction',
      { Dockerfile: `FROM ${BASE_IMAGE}\nRUN echo this is why; exit 3\n` },
      {},
      'build_failed',
      /3.*this is why/,
    ],
    [
      'an app that exits',
      { Dockerfile: `FROM ${BASE_IMAGE}\nCMD ["sh","-c","echo bye; exit 4"]\n` },
      {},
      'app_exited',
      /exit 4/,
    ],
    ['a full disk', { Dockerfile: `FROM ${BASE_IMAGE}\nRUN cat /etc/passwd > /dev/full\n` }, {}, 'disk_full', /./],
    [
      'a request for more processors than the host has',
      { Dockerfile: `FROM ${BASE_IMAGE}\nCMD ["sleep","600"]\n` },
      { resources: { cpus: 1024 } },
      'invalid',
      HOST_CPUS,
    ],
    [
      '101 volumes',
      {
        Dockerfile: `FROM ${BASE_IMAGE}\nVOLUME ${JSON.stringify(Array.from({ length: 101 }, (_, n) => `/v/${n}`))}\nCMD ["sleep","600"]\n`,
      },
      {},
      'build_failed',
      /101 .*volume.*100/,
    ],
    [
      'a volume at /proc',
      { Dockerfile: `FROM ${BASE_IMAGE}\nVOLUME ["/proc"]\nCMD ["sleep","600"]\n` },
      {},
      'build_failed',
      /volume.*\/proc/,
    ],
    [
      'a release command and a volume in /proc',
      { Dockerfile: `FROM ${BASE_IMAGE}\nVOLUME ["/proc/sys"]\nCMD ["sleep","600"]\n` },
      { release_command: 'true' },
      'build_failed',
      /volume.*\/proc\/sys/,
    ],
    [
      'a volume in place of its root folder',
      { Dockerfile: `FROM ${BASE_IMAGE}\nVOLUME ["/"]\nCMD ["sleep","600"]\n` },
      {},
      'engine_unavailable',
      /OCI runtime|destination/, // newer engines refuse it when they create the container
    ],
    [
      'a user that isn’t in the image',
      { Dockerfile: `FROM ${BASE_IMAGE}\nUSER ghost\nCMD ["sleep","600"]\n` },
      {},
      'build_failed',
      /ghost/,
    ],
    [
      'a user beyond the largest number',
      { Dockerfile: `FROM ${BASE_IMAGE}\nUSER 4294967295\nCMD ["sleep","600"]\n` },
      {},
      'build_failed',
      /2147483647/,
    ],
    [
      'a release command for a group that isn’t in the image',
      { Dockerfile: `FROM ${BASE_IMAGE}\nUSER 1000:ghosts\nCMD ["sleep","600"]\n` },
      { release_command: 'true' },
      'build_failed',
      /ghosts/,
    ],
    ['no CMD and no command', { Dockerfile: 'FROM scratch\nCOPY . .\n' }, {}, 'no_entry_point', /./],
    [
      'an invalid rule in .dockerignore',
      { Dockerfile: `FROM ${BASE_IMAGE}\n`, '.dockerignore': '[\n', 'main.py': '' },
      {},
      'source_invalid',
      /dockerignore/,
    ],
    [
      'a Dockerfile that is a folder',
      { 'Dockerfile/x': '', Procfile: 'web: true' },
      {},
      'source_invalid',
      /Dockerfile/,
    ],
    [
      'a command that isn’t in the image',
      { Dockerfile: `FROM ${BASE_IMAGE}\nCMD ["no-such-program"]\n` },
      {},
      'app_exited',
      /127/,
    ],
    [
      'an app that never becomes healthy',
      { Dockerfile: `FROM ${BASE_IMAGE}\nEXPOSE 80\nCMD ["sleep","600"]\n` },
      { health_check: { timeout: 2 } },
      'health_check_failed',
      /2/,
    ],
    [
      'an app with a failing HEALTHCHECK',
      {
        'main.py': SERVER,
        Dockerfile: DOCKERFILE.replace('EXPOSE', 'HEALTHCHECK --interval=1s --retries=1 CMD exit 1\nEXPOSE'),
      },
      {},
      'health_check_failed',
      /HEALTHCHECK/,
    ],
    [
      'an app that exceeds its memory limit',
      { Dockerfile: `FROM ${BASE_IMAGE}\nCMD ["python3","-c","import time; x = b'x' * 10**9; time.sleep(60)"]\n` },
      { resources: { memory_mb: 64 }, health_check: { min_uptime: 30 } },
      'out_of_memory',
      /./,
    ],
    [
      'a failing release command',
      { Dockerfile: `FROM ${BASE_IMAGE}\nCMD ["sleep","600"]\n` },
      { release_command: 'echo migrating; exit 5' },
      'release_command_failed',
      /5/,
    ],
  ])(
    'a docker deployment with %s fails with the reason, and leaves no container or image',
    async (_what, files, config, code, words) => {
      const app = stage.project(files);
      const ended = await slipway.run(request(app, config));
      expect(ended).toMatchObject({ status: 'failed', error: { code } });
      expect(ended.error?.message).toMatch(words);
      expect(await stage.containersOf(app.name)).toEqual([]);
      expect(await stage.imagesOf(app.name)).toEqual([]);
    },
  );

  it('a release command that can’t start fails the deployment with release_command_failed', async () => {
    const app = stage.project({ Dockerfile: `FROM ${BASE_IMAGE}\nRUN ["rm","/bin/sh"]\nCMD ["sleep","600"]\n` });
    const ended = await slipway.run(request(app, { release_command: 'true' }));
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'release_command_failed' } });
    expect(await stage.networksOf(app.name)).toEqual([]); // a service that never came to be leaves none
    expect(ended.error?.log_tail.join()).toContain('/bin/sh');
  });

  it('force_rebuild reuses no layer of an earlier build', async () => {
    const app = stage.project({
      'main.py': SERVER,
      Dockerfile: DOCKERFILE.replace('EXPOSE', 'RUN cat /proc/sys/kernel/random/uuid > /uuid; cat /uuid\nEXPOSE'),
    });
    const uuidOf = async ({ deployment_id: id }: StatusBody) =>
      / {2}([0-9a-f-]{36})$/m.exec(await slipway.logs(id))?.[1] ?? 'none';
    const first = await uuidOf(await slipway.run(request(app, {}, { force_rebuild: true })));
    const second = await uuidOf(await slipway.run(request(app, {}, { force_rebuild: true })));
    expect(first).toMatch(/-/);
    expect(second).toMatch(/-/);
    expect(second).not.toBe(first);
  });

  it('a failed deployment keeps the image that a later deployment uses', async () => {
    const app = stage.project({
      'main.py': SERVER.replace('print(', 'assert "TOKEN" in os.environ or __import__("time").sleep(600)\nprint('),
      Dockerfile: DOCKERFILE,
    });
    const health = { health_check: { timeout: 6 } };
    const { deployment_id: failing } = await slipway.deploy(request(app, health));
    await slipway.untilStep(failing, 'start');
    const variables = { environment_variables: { TOKEN: 'there' } };
    const { deployment_id: second } = await slipway.deploy(request(app, { ...variables, release_command: 'sleep 9' }));
    expect(await slipway.ended(failing)).toMatchObject({ status: 'failed', error: { code: 'health_check_failed' } });
    expect((await slipway.status(second)).status).toBe('running');
    expect(await slipway.ended(second)).toMatchObject({ status: 'completed' });
  });

  it('a failed build in auto mode is undone, and the next mode completes the deployment', async () => {
    const app = stage.withPage({ Dockerfile: `FROM ${BASE_IMAGE}\nRUN exit 3\n` });
    const ended = await slipway.run(request(app, {}, { mode: 'auto' }));
    expect(ended).toMatchObject({ status: 'completed', active_mode: 'uv' });
    expect(ended.attempts.map(({ mode, status }) => [mode, status])).toEqual([
      ['docker', 'failed'],
      ['uv', 'completed'],
    ]);
    expect(await pageOf(ended)).toBe(`VERSION ${ended.deployment_id}`);
    expect([await stage.containersOf(app.name), await stage.imagesOf(app.name)]).toEqual([[], []]);
  });

  it('auto mode skips docker if the project forbids a generated Dockerfile', async () => {
    const app = stage.withPage({
      'pyproject.toml': '[project]\nname = "x"\nversion = "1"\n[tool.slipway]\ndocker = false\n',
    });
    const ended = await slipway.run(request(app, {}, { mode: 'auto' }));
    expect(ended.attempts[0]).toMatchObject({ mode: 'docker', status: 'skipped' });
    expect(ended.status).toBe('completed');
  });

  it('a web app that listens on the container’s loopback fails with a hint to listen on 0.0.0.0', async () => {
    const app = stage.withPage({ 'main.py': SERVER.replaceAll('0.0.0.0', '127.0.0.1') });
    const config = { health_check: { path: '/', timeout: 5 } };
    const ended = await slipway.run({ ...request(app, config), mode: 'docker' });
    expect(ended.error).toMatchObject({
      code: 'health_check_failed',
      hint: expect.stringContaining('0.0.0.0'),
    });
  });

  it.each([
    ['a lower-case dockerfile', { dockerfile: `FROM ${BASE_IMAGE}\n` }, 'dockerfile 不會被讀取'],
    [
      'an index that is configured only for uv',
      {
        'requirements.txt': 'own-lib\n',
        'pyproject.toml': '[[tool.uv.index]]\nname = "own"\nurl = "https://own.example/simple"\n',
      },
      '[tool.uv]',
    ],
  ])(
    'a project with %s is refused with an error that names the cause, and no image is built',
    async (_, files, words) => {
      const app = stage.withPage(files);
      const ended = await slipway.run({ ...request(app), mode: 'docker' });
      expect(ended).toMatchObject({ status: 'failed', error: { code: 'source_invalid' } });
      expect(ended.error!.message).toContain(words);
      expect(await stage.imagesOf(app.name)).toEqual([]);
    },
  );

  it('a generated image copies the source tree before an archive of the project is installed', async () => {
    const app = stage.withPage({ 'requirements.txt': '--no-index\n--find-links wheels\ngreeting==1.0\n' });
    writeWheel(join(app.source.path, 'wheels'), 'greeting', 'from the tree');
    expect((await slipway.run(request(app))).status).toBe('completed');
  });

  it('a cancel during a build stops the build in the engine', async () => {
    const app = stage.project({ Dockerfile: `FROM ${BASE_IMAGE}\nRUN echo begun && sleep 424\n` });
    const { deployment_id: id } = await slipway.deploy(request(app));
    await eventually(async () => (await slipway.logs(id)).includes('begun'), { timeoutMs: 30_000 });
    const answer = await slipway.call(`/api/deployments/${id}/cancel`, { body: {} });
    expect([answer.status, answer.body.status]).toEqual([200, 'cancelled']);
    await eventually(() => !processRuns('sleep 424'));
    expect([await stage.containersOf(app.name), await stage.imagesOf(app.name)]).toEqual([[], []]);
  });

  it('a cancel during a release command stops the command, and removes its container and the image', async () => {
    const app = stage.project({ 'main.py': SERVER, Dockerfile: DOCKERFILE });
    const { deployment_id: id } = await slipway.deploy(request(app, { release_command: 'echo begun; sleep 425' }));
    await eventually(async () => (await slipway.logs(id)).includes('begun'), { timeoutMs: 30_000 });
    process.kill(slipway.ready.pids.worker, 'SIGKILL'); // what it began goes on in the engine
    const answer = await slipway.call(`/api/deployments/${id}/cancel`, { body: {} });
    expect(answer.status).toBeLessThan(300);
    expect(await slipway.ended(id)).toMatchObject({ status: 'cancelled' });
    expect(processRuns('sleep 425')).toBe(false);
    expect([await stage.containersOf(app.name), await stage.imagesOf(app.name)]).toEqual([[], []]);
  });

  it.each(['install', 'configure', 'start'] as const)(
    'a docker deployment completes although the worker is killed in the %s step',
    async (step) => {
      const app = stage.project({
        'main.py': SERVER,
        Dockerfile: DOCKERFILE.replace('EXPOSE', 'RUN sleep 2\nEXPOSE'),
      });
      const { deployment_id: id } = await slipway.deploy(request(app, { release_command: 'sleep 1' }));
      await slipway.untilStep(id, step);
      process.kill(slipway.ready.pids.worker, 'SIGKILL');
      const ended = await slipway.ended(id);
      expect(ended.status).toBe('completed');
      expect(await pageOf(ended)).toBe(`VERSION ${id}`);
      expect(await stage.containersOf(app.name)).toHaveLength(1);
    },
  );

  it('a rollback to a release without an image fails with an error, and the active release keeps serving', async () => {
    const app = stage.project({ 'main.py': SERVER, Dockerfile: DOCKERFILE });
    await slipway.run(request(app));
    const [tag] = await stage.imagesOf(app.name);
    writeFileSync(join(slipway.sources, app.name, 'main.py'), `${SERVER}\n# changed\n`);
    const second = await slipway.run(request(app));
    await docker.getImage(tag!).remove({ force: true });
    const { body } = await slipway.call<{ command_id: string }>(`/api/services/${app.name}/rollback`, { body: {} });
    const told = await eventually(async () => {
      const { body: events } = await slipway.call<{ metadata: Record<string, string>; message: string }[]>(
        `/api/services/${app.name}/events`,
      );
      return events.find(({ metadata }) => metadata['command_id'] === body.command_id);
    });
    expect(told.metadata['code']).toBe('engine_unavailable');
    expect(told.message).toContain(tag);
    expect(await pageOf(second)).toBe(`VERSION ${second.deployment_id}`);
  });

  it('a bot without images keeps running because a rollback and a restart fail before the bot is stopped', async () => {
    const app = stage.project({ 'main.py': 'import time\ntime.sleep(1e6)\n', Procfile: 'worker: python main.py' });
    await slipway.run(request(app));
    writeFileSync(join(slipway.sources, app.name, 'main.py'), 'import time\ntime.sleep(2e6)\n');
    await slipway.run(request(app));
    const running = (await stage.containersOf(app.name)).map(({ Id }) => Id);
    for (const tag of await stage.imagesOf(app.name)) await docker.getImage(tag).remove({ force: true });
    for (const command of ['rollback', 'restart']) {
      const { body } = await slipway.call<{ command_id: string }>(`/api/services/${app.name}/${command}`, { body: {} });
      await eventually(async () => {
        const { body: events } = await slipway.call<{ event_type: string; metadata: Record<string, string> }[]>(
          `/api/services/${app.name}/events`,
        );
        const told = events.find(({ metadata }) => metadata['command_id'] === body.command_id);
        return told?.event_type === 'command_failed' && told.metadata['code'] === 'engine_unavailable';
      });
    }
    expect((await stage.containersOf(app.name)).map(({ Id }) => Id)).toEqual(running);
    expect(await slipway.service(app.name)).toMatchObject({ status: 'running', restarts: 0 });
  });

  it('a killed container is restarted, even if the worker was killed before', async () => {
    const app = stage.withPage();
    await slipway.run(request(app));
    const kill = async (): Promise<void> => {
      const [container] = await stage.containersOf(app.name);
      await docker.getContainer(container!.Id).kill();
    };
    const isBack = (restarts: number) =>
      eventually(
        async () => {
          const service = await slipway.service(app.name);
          return service.restarts === restarts && service.status === 'running' && (await fetch(service.url!)).ok;
        },
        { timeoutMs: 30_000 },
      );
    await kill();
    await isBack(1);
    process.kill(slipway.ready.pids.worker, 'SIGKILL');
    await kill();
    await isBack(2);
    expect(await stage.containersOf(app.name)).toHaveLength(1);
  });

  it('an app with 200 MB of output fills neither the disk nor the worker’s memory', async () => {
    await slipway.run(request(stage.withPage())); // what a worker that just started needs for any deployment isn’t counted
    const app = stage.project({ 'main.py': CHATTY + SERVER, Dockerfile: DOCKERFILE });
    const before = residentKib(slipway.ready.pids.worker);
    const ended = await slipway.run(request(app));
    expect(ended).toMatchObject({ status: 'completed' });
    expect(await pageOf(ended)).toBe(`VERSION ${ended.deployment_id}`);
    const tail = async () => (await slipway.call(`/api/services/${app.name}/logs`)).text;
    await eventually(async () => (await tail()).includes('listening with'), { timeoutMs: 30_000 }); // all is copied
    expect(logBytes(slipway.dataDir, app.name)).toBeLessThan(52 * MIB); // five parts of 10 MiB
    // Half of what was written: garbage that isn’t collected yet counts, and how much there is hangs on the machine.
    expect(residentKib(slipway.ready.pids.worker) - before).toBeLessThan((100 * MIB) / 1024);
  });
});

describeIf(missing === undefined)('a Docker engine that never answers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-stuck-'));
  const engine = createServer();
  let stage: DockerStage;

  beforeAll(async () => {
    const socket = join(folder, 'engine.sock');
    await new Promise<void>((resolve) => engine.listen(socket, resolve));
    stage = await DockerStage.open({ DOCKER_HOST: `unix://${socket}` });
  });
  afterAll(async () => {
    await stage.close();
    engine.close();
    rmSync(folder, { recursive: true });
  });

  it('an unresponsive engine delays neither uv deployments and restarts nor the shutdown', async () => {
    const { slipway } = stage;
    const app = stage.withPage();
    const ended = await slipway.run(request(app, {}, { mode: 'uv' }));
    expect(ended).toMatchObject({ status: 'completed', active_mode: 'uv' });
    expect(await pageOf(ended)).toBe(`VERSION ${ended.deployment_id}`);
    process.kill(slipway.appProcesses(app.name)[0]!, 'SIGKILL');
    await eventually(async () => (await slipway.service(app.name)).restarts === 1);
    expect(await slipway.down()).toBe(0);
  });
});

/** What Slipway keeps of the service's output on disk. */
function logBytes(dataDir: string, service: string): number {
  const folder = serviceLogDir(layout(dataDir), service);
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

function residentKib(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readProc(pid, 'status'))?.[1]);
}

/** Of this machine, whoever started it: builds run in it, under the engine. */
function processRuns(words: string): boolean {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.some((pid) => readProc(Number(pid), 'cmdline').replaceAll('\0', ' ').includes(words));
}
