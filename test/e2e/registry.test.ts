import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { Slipway } from '../support/slipway.js';

interface Row {
  name: string;
  kind: string;
  type: string;
  status: string;
  health: string;
}
interface Problem {
  code: string;
  detail: string;
  errors?: { path: string; message: string }[];
}

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start({ SLIPWAY_CALLBACK_ALLOW: '127.0.0.1' });
});
afterAll(() => slipway.remove());

const register = (body: object) => slipway.call<Row & Problem>('/api/services', { body });
const patch = (name: string, body: object) =>
  slipway.call<Row & Problem>(`/api/services/${name}`, { method: 'PATCH', body });
const unregister = (name: string, query = '') =>
  slipway.call<Problem>(`/api/services/${name}${query}`, { method: 'DELETE' });
const list = async () => (await slipway.call<Row[]>('/api/services')).body;
/** What runs may tell of itself meanwhile. */
const timeless = (rows: Row[]) => rows.map((row) => ({ ...row, updated_at: undefined }));
const one = async (name: string) => (await slipway.call<Row & Record<string, unknown>>(`/api/services/${name}`)).body;

describe('the service registry', () => {
  it('a deployment uses the service that was registered before with the same name', async () => {
    const made = await register({ name: 'answers-200', kind: 'web', type: 'sub_bot' });
    expect(made).toMatchObject({ status: 201, body: { name: 'answers-200', status: 'created', active_release: null } });
    expect(made.headers.get('location')).toBe('/api/services/answers-200');
    const ended = await slipway.run(slipway.app('answers-200'));
    expect(ended.status).toBe('completed');
    const facts = { name: 'answers-200', kind: 'web', type: 'sub_bot', status: 'running', health: 'healthy' };
    expect(await one('answers-200')).toMatchObject(facts);
    await eventually(async () => (await list()).find(({ status }) => status === 'running'));
    const rows = await list();
    expect(rows).toMatchObject([facts]);
    expect(rows[0]).not.toHaveProperty('releases');
    const { body: discovery } = await slipway.call<Record<string, Row[]>>('/api/services/discovery');
    expect(discovery['sub_bot_services']).toMatchObject([facts]);
    expect(discovery['deployment_services']!.map(({ name }) => name)).toEqual(['DeploymentServiceAPI']);
  });

  it('an app starts as the registered kind of its service if the source doesn’t name a kind', async () => {
    const source = join(slipway.sources, 'silent');
    mkdirSync(source);
    copyFileSync(join(slipway.sources, 'answers-200/main.py'), join(source, 'main.py'));
    const config = { service: 'silent', source: { type: 'directory', path: source } };
    await register({ name: 'silent', kind: 'web' });
    const ended = await slipway.run({ mode: 'fallback', config });
    expect(ended).toMatchObject({ status: 'completed', url: expect.stringContaining('http') });
    expect((await fetch(ended.url!)).status).toBe(200);
    expect(await one('silent')).toMatchObject({ kind: 'web', url: ended.url });
    expect(await one('silent')).not.toHaveProperty('start_as');
    expect((await unregister('silent')).status).toBe(204);
  });

  it('an invalid registration is refused with the name of the field, and the list of services stays the same', async () => {
    await register({ name: 'still' }); // tells nothing of itself: not even its time may change
    const before = await list();
    const invalid = async (body: object, path: string, words = ''): Promise<void> => {
      const { status, body: problem } = await register(body);
      expect({ status, paths: problem.errors?.map((error) => error.path) }).toEqual({ status: 422, paths: [path] });
      expect(problem.errors![0]!.message).toContain(words);
    };
    for (const name of ['', 'Shop', 'a_b', 'a/b', 'x'.repeat(64), '../x']) await invalid({ name }, 'name');
    await invalid({}, 'name');
    expect((await slipway.call('/api/services', { body: 'null' })).status).toBe(422);
    await invalid({ name: 'x', kind: 'cron' }, 'kind');
    await invalid({ name: 'x', type: 'bot' }, 'type');
    await invalid({ name: 'x', depends_on: ['nobody', 'answers-200'] }, 'depends_on', 'nobody');
    await invalid({ name: 'x', depends_on: ['Nobody!'] }, 'depends_on.0');
    await invalid({ name: 'x', depends_on: ['x'] }, 'depends_on', 'x → x');
    await invalid({ name: 'x', kind: 'external' }, 'health_url');
    await invalid({ name: 'x', health_url: 'http://127.0.0.1/' }, 'health_url');
    await invalid({ name: 'x', surprise: 1 }, 'surprise');
    for (const url of [
      'ftp://example.com',
      'http://user:secret@example.com',
      'no url',
      ' http://127.0.0.1/ ',
      'http://a\\@127.0.0.1/',
    ])
      await invalid({ name: 'x', kind: 'external', health_url: url }, 'health_url');
    for (const url of ['http://127.0.0.2/', 'http://169.254.169.254/', 'http://10.0.0.1', 'http://[::1]/', 'http://0/'])
      await invalid({ name: 'x', kind: 'external', health_url: url }, 'health_url', 'SLIPWAY_CALLBACK_ALLOW');
    await invalid({ name: 'x', kind: 'external', health_url: 'http://nowhere.invalid/' }, 'health_url');
    expect(await register({ name: 'answers-200' })).toMatchObject({ status: 409, body: { code: 'name_taken' } });
    for (const name of ['DeploymentServiceAPI', 'discovery'])
      expect(await register({ name })).toMatchObject({ status: 409, body: { code: 'reserved' } });
    expect(await patch('nobody', {})).toMatchObject({ status: 404 });
    expect(await patch('DeploymentServiceAPI', {})).toMatchObject({ status: 409 });
    expect(await unregister('nobody')).toMatchObject({ status: 404 });
    expect(await unregister('answers-200', '?purge=yes')).toMatchObject({ status: 422 });
    const after = await list();
    expect(timeless(after)).toEqual(timeless(before));
    const still = (rows: Row[]) => rows.find(({ name }) => name === 'still');
    expect(still(before)).toBeDefined();
    expect(still(after)).toEqual(still(before));
    expect((await unregister('still')).status).toBe(204);
  });

  it('a change of other fields keeps dependencies, and circular dependencies are refused with the names of the services', async () => {
    await register({ name: 'db' });
    await register({ name: 'api', depends_on: ['db'] });
    await register({ name: 'bot', depends_on: ['api', 'DeploymentServiceAPI'] });
    const circle = await patch('db', { depends_on: ['bot'] });
    expect(circle.status).toBe(422);
    expect(circle.body.errors).toEqual([
      { path: 'depends_on', message: expect.stringContaining('db → bot → api → db') },
    ]);
    expect(await patch('bot', { type: 'ai' })).toMatchObject({
      status: 200,
      body: { type: 'ai', depends_on: ['api', 'DeploymentServiceAPI'] },
    });
    const refused = await unregister('api');
    expect(refused).toMatchObject({ status: 409, body: { code: 'has_dependants' } });
    expect(refused.body.detail).toContain('bot');
    expect((await unregister('api', '?force=true')).status).toBe(204);
    await eventually(async () => isDeepStrictEqual((await one('bot')).depends_on, ['DeploymentServiceAPI'])); // it is told a moment later
    for (const name of ['bot', 'db']) expect((await unregister(name)).status).toBe(204);
    expect((await slipway.call('/api/services/bot')).status).toBe(404);
    expect((await list()).map(({ name }) => name)).toEqual(['answers-200']);
  });
});

describe('external services', () => {
  it('an external service gets its health from its health URL, and can’t be deployed or controlled', async () => {
    let status = 200;
    const server = createServer((_, response) => response.writeHead(status).end());
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    const health_url = `http://127.0.0.1:${port}/health`;
    expect((await register({ name: 'db', kind: 'external', health_url })).status).toBe(201);
    await eventually(async () => (await one('db')).health === 'healthy', { timeoutMs: 20_000 });
    expect(await one('db')).toMatchObject({ status: 'running', url: `http://127.0.0.1:${port}`, health_url });

    for (const command of ['start', 'stop', 'restart'])
      expect((await slipway.call(`/api/services/db/${command}`, { body: {} })).status).toBe(422);
    const before = (await slipway.call('/api/deployment/health')).body['statistics'];
    const deploy = (path: string, body: object) => slipway.call<Problem>(path, { body });
    const refused = await deploy('/api/deployments', slipway.app('answers-200', { service: 'db' }));
    expect(refused).toMatchObject({ status: 422, body: { code: 'invalid', errors: [{ path: 'config.service' }] } });
    expect(refused.body.errors![0]!.message).toContain('db');
    const sourceless = await deploy('/api/deployments', { config: { service: 'db' } });
    expect(sourceless).toMatchObject({ status: 422, body: { errors: [{ path: 'config.service' }] } });
    const batch = await deploy('/api/deployments/batch', {
      deployments: [slipway.app('answers-200'), slipway.app('answers-200', { service: 'db' })],
    });
    expect(batch).toMatchObject({ status: 422, body: { errors: [{ path: 'deployments.1.config.service' }] } });
    expect((await slipway.call('/api/deployment/health')).body['statistics']).toEqual(before);

    status = 500;
    await eventually(async () => (await one('db')).health === 'degraded', { timeoutMs: 30_000 });
    const { body: health } = await slipway.call<{ message: string }>('/api/services/db/health');
    expect(health.message).toBe(`127.0.0.1:${port} 回應狀態碼 500`);
    server.close();
    expect((await unregister('db')).status).toBe(204);
  });
});

describe('dependencies of services', () => {
  it('a service is degraded while its dependency is stopped, and its message names the dependency', async () => {
    expect((await slipway.run(slipway.app('answers-200', { service: 'backend' }))).status).toBe('completed');
    await patch('answers-200', { depends_on: ['backend'] });
    await slipway.call('/api/services/backend/stop', { body: {} });
    const degraded = await eventually(async () => {
      const view = await one('answers-200');
      return view.status === 'degraded' && view;
    });
    expect(degraded).toMatchObject({ health: 'degraded', message: expect.stringContaining('backend') });
    const { body } = await slipway.call<{ message: string }>('/api/services/answers-200/health');
    expect(body).toMatchObject({ status: 'degraded', details: { status: 'degraded', dependencies: ['backend'] } });
    expect(body.message).toContain('backend');
    await slipway.call('/api/services/backend/start', { body: {} });
    await eventually(async () => (await one('answers-200')).status === 'running');
    expect((await unregister('backend', '?force=true')).status).toBe(204);
  });
});

describe('services on a lost host', () => {
  it('a service is unknown while its host sends no heartbeat, and is running again afterwards', async () => {
    const { worker } = slipway.ready.pids;
    process.kill(worker, 'SIGSTOP');
    try {
      await eventually(async () => (await one('answers-200')).status === 'unknown', { timeoutMs: 30_000 });
      expect(await list()).toMatchObject([{ status: 'unknown', health: 'unknown' }]);
      expect(await one('answers-200')).toMatchObject({
        health: 'unknown',
        message: expect.stringContaining(slipway.hostId),
      });
      const { body } = await slipway.call('/api/services/answers-200/health');
      expect(body).toMatchObject({ status: 'unknown', details: { status: 'unknown' } });
    } finally {
      process.kill(worker, 'SIGCONT');
    }
    await eventually(async () => (await one('answers-200')).status === 'running', { timeoutMs: 30_000 });
  });
});

describe('unregistering a service', () => {
  it('unregistering removes processes, releases and logs, and only a purge removes the service’s home folder', async () => {
    const at = (...path: string[]) => existsSync(join(slipway.dataDir, ...path));
    expect(at('releases', 'answers-200') && at('homes', 'answers-200')).toBe(true);
    expect((await unregister('answers-200')).status).toBe(204);
    expect(slipway.appProcesses('answers-200')).toEqual([]);
    expect(at('releases', 'answers-200') || at('logs', 'services', 'answers-200')).toBe(false);
    expect(at('homes', 'answers-200')).toBe(true);
    expect(await list()).toEqual([]);
    expect((await unregister('answers-200')).status).toBe(404); // what it left goes by a purge alone
    expect((await unregister('answers-200', '?purge=true')).status).toBe(204);
    expect(at('homes', 'answers-200')).toBe(false);
    expect(await list()).toEqual([]);
    expect((await unregister('answers-200', '?purge=true')).status).toBe(404);

    expect((await slipway.run(slipway.app('answers-200'))).status).toBe('completed');
    expect((await one('answers-200')).type).toBe('other');
    process.kill(slipway.ready.pids.worker, 'SIGKILL'); // in the middle of it, or right before
    // 503: no worker was back in time, and nothing was accepted.
    await eventually(async () => (await unregister('answers-200', '?purge=true')).status !== 503);
    await eventually(async () => (await list()).length === 0, { timeoutMs: 60_000 });
    expect(slipway.appProcesses('answers-200')).toEqual([]);
    expect(at('releases', 'answers-200') || at('homes', 'answers-200')).toBe(false);
  });
});
