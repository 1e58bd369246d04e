import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AuditEntry } from '../../../src/api/audit.js';
import { openPolicies } from '../../../src/api/policies.js';
import { createBuckets } from '../../../src/api/rate-limit.js';
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

describe('read keys', () => {
  it.each(ADMIN_ROUTES)(
    'a read key at %s %s receives 403, and the refusal is recorded in the audit log',
    async (method, path) => {
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
        key_id: expect.stringMatching(/^key_/),
      });
    },
  );
});

describe('keys with a policy', () => {
  beforeEach(() => {
    api.gateway = { list: () => Promise.resolve({ states: [] }), readDeployment: () => Promise.resolve(undefined) };
  });
  const list = (headers: Record<string, string>) => api.call('/api/deployments', { headers });
  const cancel = (headers: Record<string, string>) => api.call('/api/deployments/bad id/cancel', { body: {}, headers });

  it('a key with a policy allows each user only the actions of the rules for that user', async () => {
    expect((await list(by(boundKey, GUEST, GUILD))).status).toBe(200);
    expect((await cancel(by(boundKey, ADMIN, GUILD))).status).toBe(404); // let through: no such deployment
    expect(await cancel(by(boundKey, GUEST, GUILD))).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await list(by(boundKey, ADMIN, '1'))).status).toBe(403);
    expect((await api.call('/api/keys', { headers: by(boundKey, ADMIN, GUILD) })).status).toBe(403);
  });

  it('a key with a policy requires a user id and a guild id in digits', async () => {
    for (const headers of [by(boundKey), by(boundKey, ADMIN), by(boundKey, undefined, GUILD)])
      expect(await list(headers)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    for (const wrong of ['abc', '-1', '1 2', '1'.repeat(33)])
      expect(await list(by(boundKey, wrong, GUILD))).toMatchObject({ status: 400, body: { code: 'malformed' } });
  });

  it('the audit log contains the user and the guild of a request with a policy key', async () => {
    await cancel(by(boundKey, ADMIN, GUILD));
    const [line] = await trail(1);
    expect(line).toMatchObject({ user_id: ADMIN, guild_id: GUILD, action: 'cancel', status: 404 });
  });

  it('changes of the policy file take effect at once, and an unreadable policy file denies all access of policy keys', async () => {
    writeFileSync(policyFile, JSON.stringify({ 'roas-bot': { rules: [] } }));
    expect((await list(by(boundKey, GUEST, GUILD))).status).toBe(403);
    writeFileSync(policyFile, '{ not JSON');
    const refused = await list(by(boundKey, GUEST, GUILD));
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({
      detail: '政策檔案有誤或無法讀取',
      hint: expect.stringContaining('日誌'),
    });
    expect(JSON.stringify(refused.body)).not.toContain('JSON');
    const named = `/api/permissions/check?user_id=1&guild_id=1&action=deploy&policy=roas-bot`;
    expect((await api.call(named)).body['detail']).toMatch(/^政策檔案有誤或無法讀取：.*JSON/);
    const made = await api.call('/api/keys', { body: { role: 'admin', policy: 'roas-bot' } });
    expect(made).toMatchObject({ status: 403, body: { detail: expect.stringContaining('JSON') } });
    const byReader = await api.call(named, { headers: by(readKey) });
    expect(byReader).toMatchObject({ status: 403, body: { detail: '政策檔案有誤或無法讀取' } });
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

  it('the check uses the policy of the calling key or the policy in the query', async () => {
    expect((await check(who(ADMIN, 'deploy'), boundKey)).body).toEqual({ allowed: true, reason: '允許' });
    expect((await check(who(GUEST, 'deploy'), boundKey)).body).toMatchObject({ allowed: false });
    expect((await check(`${who(GUEST, 'deploy')}&policy=roas-bot`)).body).toMatchObject({ allowed: false });
    const unbound = { allowed: true, reason: '此金鑰未綁定任何人，因此允許' };
    expect((await check(who(GUEST, 'deploy'))).body).toEqual(unbound);
    expect((await check(who(GUEST, 'deploy'), readKey)).body).toMatchObject({ allowed: false });
    expect((await check(who(GUEST, 'list'), readKey)).body).toMatchObject({ allowed: true });
  });

  it.each([
    '',
    `user_id=abc&guild_id=1&action=deploy`,
    who('1', 'fly'),
    who('1', 'administer'),
    `${who('1', 'deploy')}&policy=none`,
  ])('the permission check refuses the query ?%s', async (query) => {
    expect(await check(query)).toMatchObject({ status: 422, body: { code: 'invalid' } });
  });
});

describe('API keys', () => {
  it('a key is shown only when it is created, is listed without its secret and is invalid after it is revoked', async () => {
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
  ])('creating the key %j is refused with an error at %s', async (body, path) => {
    const answer = await api.call('/api/keys', { body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });
});

describe('an audit log on a full disk', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const keysThere = () => readdirSync(join(api.dataDir, 'keys')).length;
  let told: ReturnType<typeof jest.spyOn>;
  beforeEach(() => {
    told = jest.spyOn(api.deps.log, 'error');
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('a change is refused with audit_unavailable if its audit entry can’t be written', async () => {
    const before = keysThere();
    jest.spyOn(api.deps.audit, 'record').mockImplementation(() => {
      throw full;
    });
    const answer = await api.call('/api/keys', { body: { role: 'read' }, headers: { 'Accept-Language': 'en' } });
    expect(answer).toMatchObject({ status: 503, body: { code: 'audit_unavailable', error: 'EnvironmentError' } });
    expect(answer.body.detail).toBe('The audit trail cannot be written; nothing was done');
    expect(keysThere()).toBe(before);
  });

  it('a completed change is answered normally if its outcome can’t be recorded, and the missing entry is logged', async () => {
    const before = keysThere();
    const record = api.deps.audit.record.bind(api.deps.audit);
    jest.spyOn(api.deps.audit, 'record').mockImplementation((entry) => {
      if (entry.result !== 'asked') throw full;
      record(entry);
    });
    const { status, body } = await api.call('/api/keys', { body: { role: 'read' } });
    expect([status, body['role']]).toEqual([201, 'read']);
    expect(keysThere()).toBe(before + 1);
    const missing = { method: 'POST', path: '/api/keys', status: 201, result: 'accepted' };
    expect(told).toHaveBeenCalledTimes(1);
    expect(told).toHaveBeenCalledWith({ err: full, entry: expect.objectContaining(missing) }, expect.any(String));
  });

  it('reads are answered and refusals return 403 if the audit log can’t be written', async () => {
    for (const write of ['record', 'recordRefusal'] as const)
      jest.spyOn(api.deps.audit, write).mockImplementation(() => {
        throw full;
      });
    expect((await api.call('/api/keys')).status).toBe(200);
    expect((await api.call('/api/keys', { headers: by(readKey) })).status).toBe(403);
    expect(told).toHaveBeenCalledTimes(2);
  });
});

it('the audit log is readable only by its owner, is returned latest first and contains no keys', async () => {
  const secret = await newKey({ role: 'read' });
  const file = join(api.dataDir, 'audit.log');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).not.toContain(secret);
  const [first, second] = await trail(2);
  expect(first!.at >= second!.at).toBe(true);
  expect((await api.call('/api/audit?limit=0')).status).toBe(422);
});

it('the audit log names the calling key and the permissions of a created or revoked key', async () => {
  const headers = { 'Content-Type': 'application/json' };
  const wanted = { role: 'admin', name: 'release bot', scopes: ['deploy'], services: ['a-*'] };
  const made = await api.call('/api/keys', { method: 'POST', headers, body: JSON.stringify(wanted) });
  const { id, key } = made.body as { id: string; key: string };
  expect((await api.call('/api/keys', { headers: by(key) })).status).toBe(403);
  expect((await api.call(`/api/keys/${id}`, { method: 'DELETE' })).status).toBe(204);
  const [revoked, refused, created] = await trail(3);
  expect(revoked).toMatchObject({ action: 'administer', target: { key: id, granted: wanted } });
  expect(refused).toMatchObject({ key_id: id, key_name: 'release bot', status: 403 });
  expect(created).toMatchObject({ target: { key: id, granted: wanted } });
  expect(Object.keys(revoked!.target!.granted!).sort()).toEqual(['name', 'role', 'scopes', 'services']);
});

it('a missing or invalid policy file stops the start with an error', async () => {
  await expect(openPolicies('/nowhere/policies.json')).rejects.toMatchObject({ code: 'bad_configuration' });
  writeFileSync(join(home, 'wrong.json'), JSON.stringify({ a: { rules: [{ actions: ['administer'] }] } }));
  await expect(openPolicies(join(home, 'wrong.json'))).rejects.toThrow(
    /SLIPWAY_POLICY_FILE .*: a\.rules\.0\.actions\.0: must be one of: deploy, cancel/,
  );
});

it('a policy file that other users can write causes one warning, even if only the mode of the file changed', async () => {
  const file = join(home, 'open.json');
  writeFileSync(file, JSON.stringify(policies), { mode: 0o644 });
  chmodSync(file, 0o644);
  const notices: string[] = [];
  const opened = await openPolicies(file, (notice) => notices.push(notice));
  const toldOpen = () => notices.filter((notice) => notice.includes(`can write ${file}`));
  expect(toldOpen()).toEqual([]);
  chmodSync(file, 0o666);
  await opened.of('roas-bot');
  await opened.of('roas-bot');
  expect(toldOpen()).toHaveLength(1);
});

describe('policy files that are pipes or devices', () => {
  it('a policy file that isn’t a regular file stops the start with an error that names the file', async () => {
    const pipe = join(home, 'start.pipe');
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, '/dev/zero', home])
      await expect(openPolicies(path)).rejects.toThrow(`SLIPWAY_POLICY_FILE (${path}): must be a regular file`);
  });

  it('a policy file that becomes a pipe denies access and causes one warning', async () => {
    const file = join(home, 'later.json');
    writeFileSync(file, JSON.stringify(policies));
    const notices: string[] = [];
    const opened = await openPolicies(file, (notice) => notices.push(notice));
    expect((await opened.of('roas-bot'))?.rules).toHaveLength(2);
    rmSync(file);
    execFileSync('mkfifo', [file]);
    for (let calls = 0; calls < 3; calls += 1)
      await expect(opened.of('roas-bot')).rejects.toMatchObject({ code: 'forbidden' });
    expect(notices.slice(1)).toEqual([expect.stringContaining('until this is right: must be a regular file')]);
  });
});

describe('requests without a valid key', () => {
  it('a request with an invalid key is recorded in the audit log with its address and without the key', async () => {
    const { status } = await api.call('/api/services/secret-bot?x=1', {
      headers: { Authorization: 'Bearer slipway_guess' },
    });
    expect(status).toBe(401);
    const [line] = await trail(1);
    expect(line).toMatchObject({ status: 401, action: 'authenticate', key_id: '', path: '/api/services/secret-bot' });
    expect(line?.address).toMatch(/127\.0\.0\.1$/);
    expect(JSON.stringify(line)).not.toContain('slipway_guess');
  });

  it('refused requests are recorded in a separate audit file', () => {
    expect(readFileSync(join(api.dataDir, 'audit.log'), 'utf8')).not.toContain('authenticate');
    expect(statSync(join(api.dataDir, 'audit-refused.log')).mode & 0o777).toBe(0o600);
  });
});

describe('the audit API', () => {
  it('the audit log is exported as NDJSON lines with a chain of SHA-256 digests', async () => {
    await newKey({ role: 'read', name: 'one' });
    const answer = await fetch(`${api.url}/api/audit?format=ndjson`, {
      headers: { Authorization: `Bearer ${api.key}` },
    });
    expect(answer.headers.get('Content-Type')).toContain('application/x-ndjson');
    const lines = (await answer.text()).trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(2);
    const digests = lines.map((line) => createHash('sha256').update(line).digest('hex'));
    const prevs = lines.map((line) => (JSON.parse(line) as { prev: string }).prev);
    expect(prevs.slice(1)).toEqual(digests.slice(0, -1));
    const check = (await api.call('/api/audit/verify')).body;
    expect(check).toMatchObject({ whole: true, trails: { changes: { whole: true, complete: true } } });
  });

  it('the audit log can be filtered, and invalid filters return 422', async () => {
    const of = async (query: string) => (await api.call(`/api/audit?${query}`)).body as unknown as AuditEntry[];
    for (const line of await of('result=refused')) expect(line.result).toBe('refused');
    expect(await of('since=2999-01-01T00:00:00Z')).toEqual([]);
    expect(await of('until=2020-01-01T00:00:00%2B02:00')).toEqual([]);
    expect((await of('key=key_admin')).length).toBeGreaterThan(0);
    for (const wrong of ['trail=none', 'format=xml', 'since=now', 'service=B!', 'result=none'])
      expect(await api.call(`/api/audit?${wrong}`)).toMatchObject({ status: 422 });
  });
});

describe('the rate limit', () => {
  let limited: TestApi;
  beforeAll(async () => {
    limited = await startApi({ SLIPWAY_RATE_LIMIT: '5/min' });
  });
  afterAll(() => limited.close());

  const statuses = async (count: number, headers: Record<string, string>): Promise<number[]> => {
    const answers: number[] = [];
    for (let i = 0; i < count; i += 1) answers.push((await limited.call('/api/services/none', { headers })).status);
    return answers;
  };

  it('requests without a valid key are limited by address, and the response contains a Retry-After header', async () => {
    expect(await statuses(6, { Authorization: 'Bearer wrong' })).toEqual([401, 401, 401, 401, 401, 429]);
    const answer = await fetch(`${limited.url}/api/deployments`);
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ code: 'rate_limited' });
    expect((await fetch(`${limited.url}/livez`)).status).toBe(200);
  });

  it('a client with a valid key isn’t blocked by requests without a key, and each key is limited separately', async () => {
    await statuses(6, { Authorization: 'Bearer wrong' });
    const { body } = await limited.call('/api/keys', { body: { role: 'read' } });
    expect(body['role']).toBe('read');
    limited.gateway.readService = () => Promise.resolve(undefined);
    const other = { Authorization: `Bearer ${String(body['key'])}` };
    expect(await statuses(6, other)).toEqual([404, 404, 404, 404, 404, 429]);
    expect(await statuses(1, {})).toEqual([404]);
  });

  it('the rate limit also applies to /metrics', async () => {
    await statuses(6, { Authorization: 'Bearer wrong' });
    expect((await fetch(`${limited.url}/metrics`)).status).toBe(429);
  });

  it('the X-Forwarded-For header of an untrusted client is ignored', async () => {
    await statuses(6, { Authorization: 'Bearer wrong' });
    expect(await statuses(1, { Authorization: 'Bearer wrong', 'X-Forwarded-For': '203.0.113.9' })).toEqual([429]);
  });
});

describe('rate limits behind a trusted proxy', () => {
  let proxied: TestApi;
  beforeAll(async () => {
    proxied = await startApi({ SLIPWAY_RATE_LIMIT: '5/min', SLIPWAY_TRUSTED_PROXIES: '127.0.0.0/8, 10.0.0.0/8' });
  });
  afterAll(() => proxied.close());
  const guess = async (from: string): Promise<number> => {
    const headers = { Authorization: 'Bearer wrong', 'X-Forwarded-For': from };
    return (await proxied.call('/api/services/none', { headers })).status;
  };

  it('each address behind a trusted proxy is limited separately, and an IPv6 /64 network counts as one address', async () => {
    for (let i = 0; i < 5; i += 1) expect(await guess('203.0.113.1')).toBe(401);
    expect(await guess('203.0.113.1')).toBe(429);
    expect(await guess('198.51.100.7, 10.1.2.3')).toBe(401);
    expect(await guess('203.0.113.1, 198.51.100.8')).toBe(401); // what stands before it is the caller's own word
    for (let i = 0; i < 5; i += 1) expect(await guess(`2001:db8::${i}`)).toBe(401);
    expect(await guess('2001:db8::ffff')).toBe(429);
    expect(await guess('2001:db8:0:1::1')).toBe(401);
  });

  it('an invalid address in X-Forwarded-For counts as the address of the proxy', async () => {
    for (let i = 0; i < 5; i += 1) expect(await guess(`<script>${i}`)).toBe(401);
    expect(await guess('unknown')).toBe(429);
    const lines = (await proxied.call('/api/audit')).body as unknown as AuditEntry[];
    expect(lines[0]?.address).toMatch(/127\.0\.0\.1$/);
    expect(lines.map(({ address }) => address)).toContain('203.0.113.1');
  });
});

it('the secret of a callback URL is returned to administrators only', async () => {
  const body = { url: 'https://hooks.example.com/bot?token=x' };
  const { status, body: made } = await api.call('/api/callbacks/secret', { body });
  expect([status, made['earlier']]).toEqual([200, []]);
  expect(api.deps.folder.secrets.callbackSecrets(body.url)).toEqual([made['secret']]);
  expect((await api.call('/api/callbacks/secret', { body, headers: by(readKey) })).status).toBe(403);
  const wrong = await api.call('/api/callbacks/secret', { body: { url: 'ftp://x' } });
  expect(wrong).toMatchObject({ status: 422, body: { errors: [{ path: 'url' }] } });
  expect(readFileSync(join(api.dataDir, 'audit.log'), 'utf8')).not.toContain('hooks.example.com');
});

it('the number of rate limit buckets is limited, and a bucket in use isn’t evicted', () => {
  const buckets = createBuckets(100);
  for (let i = 0; i < 10_000; i += 1) {
    void buckets.increment(`address ${i}`);
    void buckets.increment('attacker');
  }
  expect(buckets.increment('attacker')).toMatchObject({ totalHits: 10_001 });
  expect(buckets.increment('address 1')).toMatchObject({ totalHits: 1 });
});

it('all responses of the API except its documentation have Cache-Control no-store', async () => {
  const cacheOf = async (path: string, init: RequestInit = {}) => {
    const headers = { Authorization: `Bearer ${api.key}`, 'Content-Type': 'application/json' };
    return (await fetch(`${api.url}${path}`, { headers, ...init })).headers.get('Cache-Control');
  };
  const body = JSON.stringify({ role: 'read' });
  expect(await cacheOf('/api/keys', { method: 'POST', body })).toBe('no-store');
  for (const path of ['/api/keys', '/api/audit', '/api/nowhere']) expect(await cacheOf(path)).toBe('no-store');
  expect(await cacheOf('/api/docs/swagger-ui.css')).toContain('max-age');
});
