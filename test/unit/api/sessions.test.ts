import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startApi, type TestApi } from '../../support/api.js';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const as = (key: string) => ({ headers: { Authorization: `Bearer ${key}` } });
const makeKey = async (body: object): Promise<{ id: string; key: string }> =>
  (await api.call('/api/keys', { body })).body as unknown as { id: string; key: string };
async function logIn(key: string): Promise<string> {
  const made = await api.call('/api/login-codes', { ...as(key), body: {} });
  expect(made.status).toBe(201);
  const session = await api.call('/api/sessions', { body: { code: made.body['code'] } });
  expect(session.status).toBe(201);
  return String(session.body['token']);
}
const expiryOf = async (id: string): Promise<string | undefined> => {
  const keys = (await api.call('/api/keys')).body as unknown as { id: string; expires_at?: string }[];
  return keys.find((key) => key.id === id)?.expires_at;
};

it('a session ends when its key is revoked, and a session can’t create another session', async () => {
  const { id, key } = await makeKey({ role: 'admin' });
  const session = await logIn(key);
  expect((await api.call('/api/keys', as(session))).status).toBe(200);
  const code = (await api.call('/api/login-codes', { ...as(session), body: {} })).body['code'];
  expect((await api.call('/api/sessions', { body: { code } })).status).toBe(401);
  await api.call(`/api/keys/${id}`, { method: 'DELETE' });
  expect((await api.call('/api/keys', as(session))).status).toBe(401);
});

it('a login is recorded in the audit log with its key, and a wrong login code is recorded as refused', async () => {
  const { id, key } = await makeKey({ role: 'admin' });
  await logIn(key);
  const code = 'wrong-code-of-forty-three-characters-000000000';
  expect((await api.call('/api/sessions', { body: { code } })).status).toBe(401);
  const lines = (await api.call('/api/audit?limit=20')).body as unknown as { action: string; path: string }[];
  const ofSessions = lines.filter(({ path }) => path === '/api/sessions');
  expect(ofSessions.slice(0, 2)).toMatchObject([
    { action: 'authenticate', key_id: '', status: 401, result: 'refused' },
    {
      action: 'authenticate',
      key_id: id,
      status: 201,
      result: 'accepted',
      target: { key: expect.stringMatching(/^key_/) },
    },
  ]);
});

it('a key that expires can’t create a key that expires later, even through a session', async () => {
  const expires = new Date(Date.now() + 3_600_000).toISOString();
  const { key } = await makeKey({ role: 'admin', expires });
  const later = new Date(Date.now() + 7_200_000).toISOString();
  for (const maker of [key, await logIn(key)])
    for (const body of [{ role: 'read' }, { role: 'read', expires: later }]) {
      const made = (await api.call('/api/keys', { ...as(maker), body })).body as { id?: string };
      expect(await expiryOf(made.id ?? '')).toBe(expires);
    }
});

it.each([
  ['a budget', { budget: { deployments_per_hour: 1 } }],
  ['services', { services: ['own-*'] }],
  ['scopes', { scopes: ['deploy'] }],
])('a key with %s can create neither keys nor login codes', async (_, limits) => {
  const { key } = await makeKey({ role: 'admin', ...limits });
  expect((await api.call('/api/login-codes', { ...as(key), body: {} })).status).toBe(403);
  expect((await api.call('/api/keys', { ...as(key), body: { role: 'admin' } })).status).toBe(403);
});
