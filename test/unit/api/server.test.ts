import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newService, serviceView } from '../../../src/workflows/service-state.js';
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
