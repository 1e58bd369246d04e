import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { LABELS } from '../../src/activities/ports/docker/labels.js';
import { readConfig } from '../../src/config.js';
import type { StatusBody } from '../../src/contract/views.js';
import { getTemporalServer } from '../../src/start/temporal/server-program.js';
import { DOCKERFILE, DockerStage, missing, pageOf, request, SERVER } from '../support/docker-stage.js';
import { BASE_IMAGE, docker } from '../support/engine.js';
import { EngineProxy } from '../support/engine-proxy.js';
import { eventually } from '../support/eventually.js';
import { describeIf } from '../support/jest/conditions.js';
import { MappedEngine, missing as mappedMissing } from '../support/mapped-engine.js';
import { PROJECT } from '../support/slipway.js';

const BROKEN = { Dockerfile: `FROM ${BASE_IMAGE}\nRUN exit 3\n` };
const FLASK = { source: { type: 'directory', path: `${PROJECT}examples/flask-hello` } };
interface HealthBody {
  deployment_managers: Record<'docker', { status: string }>;
}
const attemptsOf = ({ attempts }: StatusBody) => attempts.map(({ mode, status }) => [mode, status]);

describeIf(missing === undefined)('a Docker engine that stops and starts', () => {
  const engine = new EngineProxy();
  let stage: DockerStage;

  beforeAll(async () => {
    await engine.join();
    stage = await DockerStage.open(engine.env);
  });
  afterAll(async () => {
    await stage.close();
    await engine.close();
  });

  it.each(['docker', 'uv', 'fallback', 'auto'])('flask-hello deploys in mode %s', async (mode) => {
    const ended = await stage.slipway.run(request(FLASK, { service: `flask-${mode}` }, { mode }));
    expect(ended).toMatchObject({ status: 'completed', active_mode: mode === 'auto' ? 'docker' : mode });
    expect(await pageOf(ended)).toBe(`Hello from Flask. Release: ${ended.deployment_id}\n`);
  });

  it('a build completes although the engine is gone for a while in the middle of the build', async () => {
    const app = stage.project({
      'main.py': SERVER,
      Dockerfile: DOCKERFILE.replace('EXPOSE', `RUN echo ${randomUUID()} && echo begun && sleep 3\nEXPOSE`),
    });
    const { deployment_id: id } = await stage.slipway.deploy(request(app));
    await eventually(async () => (await stage.slipway.logs(id)).includes('  begun'), { timeoutMs: 30_000 });
    await engine.cut();
    await engine.hangUp();
    await eventually(() => engine.refused > 2);
    expect(await stage.slipway.status(id)).toMatchObject({ status: 'running', step: 'install' });
    await engine.cut();
    await engine.join();
    const ended = await stage.slipway.ended(id);
    expect(ended).toMatchObject({ status: 'completed', active_mode: 'docker' });
    expect(await pageOf(ended)).toBe(`VERSION ${id}`);
    expect(await stage.containersOf(app.name)).toHaveLength(1);
  });

  it('a deployment in auto mode fails with the reason of each mode if all modes fail', async () => {
    const app = stage.withPage({ ...BROKEN, 'requirements.txt': 'no-such-package-of-slipway==1\n' });
    const ended = await stage.slipway.run(request(app, {}, { mode: 'auto' }));
    expect(ended.status).toBe('failed');
    expect(attemptsOf(ended)).toEqual([
      ['docker', 'failed'],
      ['uv', 'failed'],
      ['fallback', 'failed'],
    ]);
    expect(ended.attempts[0]?.reason).toContain('3');
    for (const { reason } of ended.attempts.slice(1)) expect(reason).toContain('no-such-package-of-slipway');
    expect([await stage.containersOf(app.name), await stage.imagesOf(app.name)]).toEqual([[], []]);
  });

  it('auto mode uses uv if the engine is stopped, and a deployment in docker mode returns 503', async () => {
    const app = stage.withPage();
    await engine.cut();
    const ended = await stage.slipway.run(request(app, {}, { mode: 'auto' }));
    expect(ended).toMatchObject({ status: 'completed', active_mode: 'uv' });
    expect(attemptsOf(ended)).toEqual([
      ['docker', 'skipped'],
      ['uv', 'completed'],
    ]);
    expect(ended.attempts[0]?.reason).toMatch(/Docker/);
    await eventually(async () => (await managerStatus()) === 'unavailable', { timeoutMs: 60_000 });
    const refused = await stage.slipway.call('/api/deployments', { body: request(app) });
    expect(refused).toMatchObject({ status: 503, body: { code: 'engine_unavailable' } });
  });

  /** As the host knows it: it asks every few seconds. */
  async function managerStatus(): Promise<string> {
    const { body } = await stage.slipway.call<HealthBody>('/api/deployments/health');
    return body.deployment_managers.docker.status;
  }
});

describeIf(missing === undefined)('a host without uv', () => {
  const engine = new EngineProxy(); // never joined
  let stage: DockerStage;

  beforeAll(async () => {
    // Only Temporal's program among the fetched tools, and nothing may be fetched.
    const bin = join(engine.folder, 'cache/slipway/tools/bin');
    mkdirSync(bin, { recursive: true });
    symlinkSync((await getTemporalServer(readConfig())).path, join(bin, 'slipway-temporal'));
    const path = process.env['PATH']!.split(':').filter((folder) => !existsSync(join(folder, 'uv')));
    const env = { XDG_CACHE_HOME: join(engine.folder, 'cache'), PATH: path.join(':'), SLIPWAY_INSTALL_TOOLS: '0' };
    stage = await DockerStage.open({ ...engine.env, ...env });
  });
  afterAll(async () => {
    await stage.close();
    await engine.close();
  });

  it('auto mode ends in fallback without uv and the engine, and reports why the other modes were skipped', async () => {
    const ended = await stage.slipway.run(request(stage.withPage(), {}, { mode: 'auto' }));
    expect(ended).toMatchObject({ status: 'completed', active_mode: 'fallback' });
    expect(attemptsOf(ended)).toEqual([
      ['docker', 'skipped'],
      ['uv', 'skipped'],
      ['fallback', 'completed'],
    ]);
    expect(ended.attempts.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/Docker/),
      expect.stringMatching(/uv/),
      undefined,
    ]);
  });
});

describeIf(mappedMissing === undefined)('a Docker engine restart', () => {
  const engine = new MappedEngine();
  let stage: DockerStage;

  beforeAll(async () => {
    await engine.start();
    stage = await DockerStage.open({ DOCKER_HOST: engine.address });
  }, 120_000);
  afterAll(async () => {
    await stage.close();
    await engine.remove();
  });

  it('an engine restart isn’t counted as a restart of its app, and a killed container is restarted', async () => {
    const app = stage.project({ 'main.py': 'import time\ntime.sleep(1e6)\n', Procfile: 'worker: python main.py' });
    await stage.slipway.run(request(app));
    const containers = () => engine.docker.listContainers({ filters: { label: [`${LABELS.service}=${app.name}`] } });
    await engine.end();
    await engine.run();
    await eventually(async () => (await containers()).length === 1, { timeoutMs: 30_000 });
    expect(await stage.slipway.service(app.name)).toMatchObject({ status: 'running', restarts: 0 });

    await engine.docker.getContainer((await containers())[0]!.Id).kill(); // by somebody else, and the engine goes on
    await eventually(async () => (await stage.slipway.service(app.name)).restarts === 1, { timeoutMs: 30_000 });
    expect(await containers()).toHaveLength(1);
  });
});

describeIf(missing === undefined)('a Docker engine behind TLS', () => {
  const engine = new EngineProxy();
  let stage: DockerStage;

  beforeAll(async () => {
    stage = await DockerStage.open(await engine.joinByTls());
  });
  afterAll(async () => {
    await stage.close();
    await engine.close();
  });

  it('an engine behind TLS builds an image, runs a release command and serves the app', async () => {
    const app = stage.withPage();
    const ended = await stage.slipway.run(request(app, { release_command: 'echo migrated' }));
    expect(ended).toMatchObject({ status: 'completed', active_mode: 'docker' });
    expect(await pageOf(ended)).toBe(`VERSION ${ended.deployment_id}`);
    expect(await stage.slipway.logs(ended.deployment_id)).toContain('migrated');
  });
});

describeIf(missing === undefined)('the classic Docker builder', () => {
  let stage: DockerStage;

  beforeAll(async () => {
    stage = await DockerStage.open({ DOCKER_BUILDKIT: '0' });
  });
  afterAll(() => stage.close());

  it('the classic builder builds an image that serves the app', async () => {
    const app = stage.project({ 'main.py': SERVER, Dockerfile: DOCKERFILE });
    const ended = await stage.slipway.run(request(app));
    expect(ended).toMatchObject({ status: 'completed', active_mode: 'docker' });
    expect(await stage.slipway.logs(ended.deployment_id)).toContain('Step 1/');
    expect(await pageOf(ended)).toBe(`VERSION ${ended.deployment_id}`);
  });

  it('a failed or cancelled build of the classic builder leaves no containers and no unnamed images', async () => {
    const before = await leftovers();
    const failing = stage.project({ Dockerfile: `FROM ${BASE_IMAGE}\nRUN touch /one\nRUN exit 3\n` });
    const failed = await stage.slipway.run(request(failing));
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'build_failed' } });
    expect(failed.error?.message).toContain('3');

    const long = stage.project({ Dockerfile: `FROM ${BASE_IMAGE}\nRUN touch /two\nRUN echo begun && sleep 426\n` });
    const { deployment_id: id } = await stage.slipway.deploy(request(long));
    await eventually(async () => (await stage.slipway.logs(id)).includes('  begun'), { timeoutMs: 30_000 });
    const answer = await stage.slipway.call(`/api/deployments/${id}/cancel`, { body: {} });
    expect([answer.status, answer.body.status]).toEqual([200, 'cancelled']);
    await eventually(async () => (await leftovers()).every((id) => before.includes(id)));
  });

  it('a Dockerfile that needs BuildKit fails with an error that names BuildKit', async () => {
    const app = stage.project({ Dockerfile: `FROM ${BASE_IMAGE}\nRUN --mount=type=cache,target=/x true\n` });
    const ended = await stage.slipway.run(request(app));
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'engine_unavailable' } });
    expect(ended.error?.message).toMatch(/BuildKit/);
  });

  /** What a build may leave: containers of its steps, and images without a name. */
  async function leftovers(): Promise<string[]> {
    const containers = await docker.listContainers({ all: true });
    const images = await docker.listImages({ filters: { dangling: ['true'] } });
    return [...containers.filter(({ Labels }) => !Labels[LABELS.host]), ...images].map(({ Id }) => Id);
  }
});
