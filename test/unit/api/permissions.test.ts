import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuditEntry } from '../../../src/api/audit.js';
import { openPolicies } from '../../../src/api/policies.js';
import { startApi, type TestApi } from '../../support/api.js';

const ADMIN = '1001';
const GUEST = '2002';
const GUILD = '9009';

let home: string;
let policyFile: string;
let api: TestApi;
let readKey: string;
let boundKey: string;
const policies = {
  'roas-bot': {
    rules: [
      { users: [ADMIN], guilds: [GUILD], actions: ['deploy', 'cancel', 'restart'] },
      { guilds: [GUILD], actions: ['status', 'progress', 'list', 'health'] },
    ],
  },
};

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'slipway-policies-'));
  policyFile = join(home, 'policies.json');
  writeFileSync(policyFile, JSON.stringify(policies));
  api = await startApi({ SLIPWAY_POLICY_FILE: policyFile });
  readKey = await newKey({ role: 'read' });
  boundKey = await newKey({ role: 'admin', policy: 'roas-bot' });
});
afterAll(async () => {
  await api.close();
  rmSync(home, { recursive: true });
});
beforeEach(() => {
  api.gateway = {};
});

async function newKey(body: object): Promise<string> {
  const { status, body: made } = await api.call('/api/keys', { body });
  expect(status).toBe(201);
  return made['key'] as string;
}
const by = (key: string, userId?: string, guildId?: string): Record<string, string> => ({
  Authorization: `Bearer ${key}`,
  ...(userId !== undefined && { 'X-User-Id': userId }),
  ...(guildId !== undefined && { 'X-Guild-Id': guildId }),
});
const trail = async (limit = 1000): Promise<AuditEntry[]> =>
  (await api.call(`/api/audit?limit=${limit}`)).body as unknown as AuditEntry[];

const ADMIN_ROUTES: [string, string][] = [
  ['POST', '/api/deployments'],
  ['POST', '/api/deployments/x/cancel'],
  ['POST', '/api/deployments/batch'],
  ['POST', '/api/batches/x/cancel'],
  ['POST', '/api/uploads'],
  ['POST', '/api/services'],
  ['PATCH', '/api/services/x'],
  ['DELETE', '/api/services/x'],
  ['POST', '/api/services/x/start'],
  ['POST', '/api/services/x/stop'],
  ['POST', '/api/services/x/restart'],
  ['POST', '/api/services/x/rollback'],
  ['POST', '/api/keys'],
  ['GET', '/api/keys'],
  ['DELETE', '/api/keys/key_admin'],
  ['GET', '/api/audit'],
];

describe('a read key', () => {
  it.each(ADMIN_ROUTES)('is refused at %s %s, changes nothing, and leaves a line', async (method, path) => {
    const keys = readdirSync(join(api.dataDir, 'keys'));
    const answer = await api.call(path, { method, headers: by(readKey), ...(method !== 'GET' && { body: '{' }) });
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden', error: 'PermissionError' } });
    expect(answer.body.detail).toBe('用戶沒有部署權限');
    expect(readdirSync(join(api.dataDir, 'keys'))).toEqual(keys);
    const [line] = await trail(1);
    expect(line).toMatchObject({
      method,
      path,
      status: 403,
      result: 'refused',
      key_id: expect.stringMatching(/^key_/) as string,
    });
  });
});

describe('a key that is bound to people', () => {
  beforeEach(() => {
    api.gateway = { list: () => Promise.resolve({ states: [] }), readDeployment: () => Promise.resolve(undefined) };
  });
  const list = (headers: Record<string, string>) => api.call('/api/deployments', { headers });
  const cancel = (headers: Record<string, string>) => api.call('/api/deployments/bad id/cancel', { body: {}, headers });

  it('lets each do what its rules grant, and no more', async () => {
    expect((await list(by(boundKey, GUEST, GUILD))).status).toBe(200);
    expect((await cancel(by(boundKey, ADMIN, GUILD))).status).toBe(404); // let through: no such deployment
    expect(await cancel(by(boundKey, GUEST, GUILD))).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await list(by(boundKey, ADMIN, '1'))).status).toBe(403);
    expect((await api.call('/api/keys', { headers: by(boundKey, ADMIN, GUILD) })).status).toBe(403);
  });

  it('has to say for whom it calls, in digits', async () => {
    for (const headers of [by(boundKey), by(boundKey, ADMIN), by(boundKey, undefined, GUILD)])
      expect(await list(headers)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    for (const wrong of ['abc', '-1', '1 2', '1'.repeat(33)])
      expect(await list(by(boundKey, wrong, GUILD))).toMatchObject({ status: 400, body: { code: 'malformed' } });
  });

  it('tells in the trail who it was', async () => {
    await cancel(by(boundKey, ADMIN, GUILD));
    const [line] = await trail(1);
    expect(line).toMatchObject({ user_id: ADMIN, guild_id: GUILD, action: 'cancel', status: 404 });
  });

  it('follows the file at once; one that cannot be read lets nobody in', async () => {
    writeFileSync(policyFile, JSON.stringify({ 'roas-bot': { rules: [] } }));
    expect((await list(by(boundKey, GUEST, GUILD))).status).toBe(403);
    writeFileSync(policyFile, '{ not JSON');
    const refused = await list(by(boundKey, GUEST, GUILD));
    expect(refused.status).toBe(403);
    expect(refused.body['hint']).toContain('無法讀取');
    expect((await list({})).status).toBe(200); // of no people
    writeFileSync(policyFile, JSON.stringify({}));
    expect((await list(by(boundKey, GUEST, GUILD))).body['hint']).toContain('加入政策');
    writeFileSync(policyFile, JSON.stringify(policies));
    expect((await list(by(boundKey, GUEST, GUILD))).status).toBe(200);
  });
});

describe('GET /api/permissions/check', () => {
  const check = (query: string, key?: string) =>
    api.call(`/api/permissions/check?${query}`, key === undefined ? {} : { headers: by(key) });
  const who = (user: string, action: string) => `user_id=${user}&guild_id=${GUILD}&action=${action}`;

  it('answers for the policy of the key that asks, or the one that is named', async () => {
    expect((await check(who(ADMIN, 'deploy'), boundKey)).body).toEqual({ allowed: true, reason: '允許' });
    expect((await check(who(GUEST, 'deploy'), boundKey)).body).toMatchObject({ allowed: false });
    expect((await check(`${who(GUEST, 'deploy')}&policy=roas-bot`)).body).toMatchObject({ allowed: false });
    expect((await check(who(GUEST, 'deploy'))).body).toMatchObject({ allowed: true });
    expect((await check(who(GUEST, 'deploy'), readKey)).body).toMatchObject({ allowed: false });
    expect((await check(who(GUEST, 'list'), readKey)).body).toMatchObject({ allowed: true });
  });

  it.each([
    '',
    `user_id=abc&guild_id=1&action=deploy`,
    who('1', 'fly'),
    who('1', 'administer'),
    `${who('1', 'deploy')}&policy=none`,
  ])('refuses ?%s', async (query) => {
    expect(await check(query)).toMatchObject({ status: 422, body: { code: 'invalid' } });
  });
});

describe('keys', () => {
  it('are told once, listed without themselves, and gone when revoked', async () => {
    const { body } = await api.call('/api/keys', { body: { role: 'read', expires: '2999-01-01T00:00:00Z' } });
    expect(Object.keys(body).sort()).toEqual(['id', 'key', 'role']);
    const { body: listed } = await api.call('/api/keys');
    expect(JSON.stringify(listed)).not.toContain(body['key']);
    expect(listed).toContainEqual(expect.objectContaining({ id: body['id'], expires_at: '2999-01-01T00:00:00.000Z' }));
    expect((await api.call(`/api/keys/${String(body['id'])}`, { method: 'DELETE' })).status).toBe(204);
    expect((await api.call('/api/deployments', { headers: by(body['key'] as string) })).status).toBe(401);
    expect((await api.call(`/api/keys/${String(body['id'])}`, { method: 'DELETE' })).status).toBe(404);
  });

  it.each([
    [{}, 'role'],
    [{ role: 'king' }, 'role'],
    [{ role: 'read', expires: 'soon' }, 'expires'],
    [{ role: 'read', expires: '2020-01-01T00:00:00Z' }, 'expires'],
    [{ role: 'read', policy: 'none' }, 'policy'],
  ])('%j is refused at %s', async (body, path) => {
    const answer = await api.call('/api/keys', { body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });
});

describe('while the disk of the trail is full', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const keysThere = () => readdirSync(join(api.dataDir, 'keys')).length;
  let told: ReturnType<typeof vi.spyOn>;
  beforeEach(() => {
    told = vi.spyOn(api.deps.log, 'error');
  });
  afterEach(() => vi.restoreAllMocks());

  it('nothing is changed', async () => {
    const before = keysThere();
    vi.spyOn(api.deps.audit, 'record').mockImplementation(() => {
      throw full;
    });
    const answer = await api.call('/api/keys', { body: { role: 'read' }, headers: { 'Accept-Language': 'en' } });
    expect(answer).toMatchObject({ status: 503, body: { code: 'audit_unavailable', error: 'EnvironmentError' } });
    expect(answer.body.detail).toBe('The audit trail cannot be written; nothing was done');
    expect(keysThere()).toBe(before);
  });

  it('what was done before it was full is answered as it was, and the log tells of the line', async () => {
    const before = keysThere();
    const record = api.deps.audit.record.bind(api.deps.audit);
    vi.spyOn(api.deps.audit, 'record').mockImplementation((entry) => {
      if (entry.result !== 'asked') throw full;
      record(entry);
    });
    const { status, body } = await api.call('/api/keys', { body: { role: 'read' } });
    expect([status, body['role']]).toEqual([201, 'read']);
    expect(keysThere()).toBe(before + 1);
    const missing = { method: 'POST', path: '/api/keys', status: 201, result: 'accepted' };
    expect(told).toHaveBeenCalledExactlyOnceWith(
      { err: full, entry: expect.objectContaining(missing) as object },
      expect.any(String),
    );
  });

  it('what only reads is answered, and a refusal stays one', async () => {
    vi.spyOn(api.deps.audit, 'record').mockImplementation(() => {
      throw full;
    });
    expect((await api.call('/api/keys')).status).toBe(200);
    expect((await api.call('/api/keys', { headers: by(readKey) })).status).toBe(403);
    expect(told).toHaveBeenCalledTimes(2);
  });
});

it('the trail is its owner’s alone, latest first, and holds no key', async () => {
  const secret = await newKey({ role: 'read' });
  const file = join(api.dataDir, 'audit.log');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).not.toContain(secret);
  const [first, second] = await trail(2);
  expect(first!.at >= second!.at).toBe(true);
  expect((await api.call('/api/audit?limit=0')).status).toBe(422);
});

it('a file of policies that cannot be read stops the start, with its name', async () => {
  await expect(openPolicies('/nowhere/policies.json')).rejects.toMatchObject({ code: 'bad_configuration' });
  writeFileSync(join(home, 'wrong.json'), JSON.stringify({ a: { rules: [{ actions: ['administer'] }] } }));
  await expect(openPolicies(join(home, 'wrong.json'))).rejects.toThrow(
    /SLIPWAY_POLICY_FILE .*: a\.rules\.0\.actions\.0: must be one of: deploy, cancel/,
  );
});

describe('a file of policies that is a pipe or a device', () => {
  it('stops the start, with its name, and is never waited for', async () => {
    const pipe = join(home, 'start.pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, '/dev/zero', home])
      await expect(openPolicies(path)).rejects.toThrow(`SLIPWAY_POLICY_FILE (${path}): must be a regular file`);
  });

  it('lets nobody in', async () => {
    const file = join(home, 'later.json');
    writeFileSync(file, JSON.stringify(policies));
    const opened = await openPolicies(file);
    expect(await opened.of('roas-bot')).toEqual(policies['roas-bot']);
    rmSync(file);
    execFileSync('mkfifo', [file]);
    await expect(opened.of('roas-bot')).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('a limit of calls', () => {
  let limited: TestApi;
  beforeAll(async () => {
    limited = await startApi({ SLIPWAY_RATE_LIMIT: '5/min' });
  });
  afterAll(() => limited.close());

  it('counts before the key is looked at, and says when to come again', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 6; i += 1)
      statuses.push((await limited.call('/api/services/none', { headers: { Authorization: 'Bearer wrong' } })).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    const answer = await fetch(`${limited.url}/api/deployments`, {
      headers: { Authorization: `Bearer ${limited.key}` },
    });
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ code: 'rate_limited' });
    expect((await fetch(`${limited.url}/livez`)).status).toBe(200);
  });
});
