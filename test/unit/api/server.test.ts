import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorRecord } from '../../../src/contract/errors.js';
import type { AdmitAnswer } from '../../../src/contract/messages.js';
import { startRequestSchema } from '../../../src/contract/requests.js';
import type { HostBeat } from '../../../src/contract/views.js';
import { newService, serviceView } from '../../../src/workflows/service-state.js';
import { blankState } from '../../../src/workflows/view.js';
import { startApi, type TestApi } from '../../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());
beforeEach(() => {
  api.gateway = {};
  api.config = {};
});

const post = (body: unknown, headers: Record<string, string> = {}) => api.call('/api/deployments', { body, headers });

describe('a malformed request is told so in the caller’s language, and in no other', () => {
  const upload = (body: string, headers = {}) =>
    api.call('/api/uploads', { body, headers: { 'Content-Type': 'application/gzip', ...headers } });
  const english = { 'Accept-Language': 'en' };

  it.each<[string, (headers?: Record<string, string>) => ReturnType<typeof post>, RegExp]>([
    ['not JSON', (headers) => post('{', headers), /^The body is not JSON$/],
    ['not UTF-8', (headers) => post(new Uint8Array([0x7b, 0xff]), headers), /^The body is not UTF-8$/],
    ['too deep', (headers) => post('['.repeat(40) + ']'.repeat(40), headers), /nested deeper than 32$/],
    ['a prototype key', (headers) => post('{"__proto__":{}}', headers), /prototype key/],
    ['a key twice with one value', (headers) => post('{"metadata":{"a":1,"a":1}}', headers), /a key twice$/],
    ['a key twice', (headers) => post('{"mode":"uv","mode":"auto"}', headers), /a key twice$/],
    ['a bad header', (headers) => post({}, { 'Idempotency-Key': 'a b', ...headers }), /^Idempotency-Key must be/],
    ['no gzip', (headers) => upload('text', headers), /^The body is not a gzip tar$/],
    ['a bad path', (headers) => api.call('/api/deployments/%ff', { headers }), /^The path or the body/],
  ])('%s', async (_why, call, words) => {
    const own = await call();
    expect(own).toMatchObject({ status: 400, body: { code: 'malformed' } });
    expect(own.body.detail).toMatch(/\p{Script=Han}/u);
    expect(own.body.detail).not.toMatch(/[a-z]+ [a-z]+/i);
    expect((await call(english)).body.detail).toMatch(words);
  });
});

describe('what is asked for counts before how', () => {
  it.each(['/api/deployments/unknown/logs?tail=x', '/api/services/unknown/logs?tail=x'])('%s is 404', async (path) => {
    const nobody = () => Promise.resolve(undefined);
    api.gateway = { readDeployment: nobody, readService: nobody };
    expect(await api.call(path)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });
});

it('each row of a list of services that no worker answered for says that it is stale', async () => {
  const shop = serviceView(newService('shop', '2026-01-01T00:00:00.000Z'));
  api.gateway = { readServices: () => Promise.resolve({ value: [shop], stale: true }) };
  expect((await api.call('/api/services')).body).toMatchObject([{ name: 'shop', stale: true }]);
  api.gateway = { readServices: () => Promise.resolve({ value: [shop], stale: false }) };
  expect((await api.call('/api/services')).body[0]).not.toHaveProperty('stale');
});

describe('a start request', () => {
  it.each<[string, unknown, number, string]>([
    ['with the reserved name', { config: { service: 'DeploymentServiceAPI' } }, 409, 'reserved'],
    ['with that and a mode of its own', { mode: 'x', config: { service: 'DeploymentServiceAPI' } }, 422, 'invalid'],
    ['with two wishes', { when_full: 'queue', config: { when_full: 'reject' } }, 422, 'invalid'],
    ['with limits that uv cannot hold', { mode: 'uv', config: { resources: { cpus: 1 } } }, 422, 'invalid'],
    ['that is null', 'null', 422, 'invalid'],
    ['whose config is null', { config: null }, 422, 'invalid'],
  ])('%s is refused', async (_what, body, status, code) => {
    expect(await post(body)).toMatchObject({ status, body: { code } });
  });

  describe('that was accepted under its idempotency key', () => {
    const headers = { 'Idempotency-Key': 'once' };
    const answer: AdmitAnswer = {
      deploymentId: 'uv_1',
      status: 'accepted',
      startTime: '2026-01-01T00:00:00.000Z',
      estimatedSeconds: 60,
    };
    const accepted = { status: 202, body: { deployment_id: 'uv_1', service: 'shop' } };
    const state = { ...blankState('uv_1', startRequestSchema.parse({})), service: 'shop' };
    const unavailable = {
      status: 'unavailable' as const,
      error: errorRecord('tool_missing', { params: { tool: 'uv' } }),
    };
    const beat = {
      at: new Date().toISOString(),
      managers: { docker: unavailable, uv: unavailable, fallback: unavailable },
    };
    const request = () => ({ mode: 'uv', config: { source: { type: 'directory', path: join(api.sources, 'shop') } } });

    beforeEach(() => {
      mkdirSync(join(api.sources, 'shop'), { recursive: true });
      api.gateway = {
        answerBefore: () => Promise.resolve(answer),
        readDeployment: () => Promise.resolve({ value: state, stale: false }),
        readHostBeat: () => Promise.resolve(beat as unknown as HostBeat), // no more of it is read
      };
    });

    it.each<[string, () => void, string]>([
      ['maintenance began', () => (api.config = { maintenance: true }), 'maintenance'],
      ['the source went away', () => rmSync(join(api.sources, 'shop'), { recursive: true }), 'invalid'],
      ['the tool went away', () => undefined, 'tool_missing'],
    ])('is answered as before although %s', async (_what, happen, code) => {
      happen();
      expect(await post(request(), headers)).toMatchObject(accepted);
      api.gateway = { ...api.gateway, answerBefore: () => Promise.resolve(undefined) };
      expect((await post(request(), headers)).body.code).toBe(code); // a new one is refused
    });

    it('is refused when its body is wrong, whatever the key', async () => {
      expect(await post({ mode: 'x' }, headers)).toMatchObject({ status: 422, body: { code: 'invalid' } });
    });

    it('is no repeat without the header: nobody is asked', async () => {
      expect(await post(request())).toMatchObject({ status: 503, body: { code: 'tool_missing' } });
    });
  });
});
