// Guild A and guild B share a Slipway and a bound key: neither reaches a service of the other's, by whatever call.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditEntry } from '../../../src/api/audit.js';
import { openPolicies } from '../../../src/api/policies.js';
import { OPERATIONS, type Operation } from '../../../src/contract/operations.js';
import { ACTIONS } from '../../../src/contract/permissions.js';
import { newService, serviceView } from '../../../src/workflows/service-state.js';
import { startApi, type ApiAnswer, type TestApi } from '../../support/api.js';
import { about } from '../../support/jest/about.js';

const GUILD_A = '100';
const GUILD_B = '200';
const ALL = ['deploy', 'cancel', 'restart', 'unregister', 'purge', 'status', 'progress', 'logs', 'list', 'health'];

let home: string;
let api: TestApi;
let boundKey: string;
/** Of no people, and of the services of guild A alone. */
let scopedKey: string;
let source: { type: 'directory'; path: string };

const asA = (): Record<string, string> => bound(GUILD_A);
const bound = (guild: string): Record<string, string> => ({
  Authorization: `Bearer ${boundKey}`,
  'X-User-Id': '1',
  'X-Guild-Id': guild,
});
const scoped = (): Record<string, string> => ({ Authorization: `Bearer ${scopedKey}` });
const CALLERS: [string, () => Record<string, string>][] = [
  ['a bound key for guild A', asA],
  ['a key with services', scoped],
];

/** Deployments and batches are called after their service here. */
const row = (name: string, depends_on: string[] = []) => ({
  name,
  type: 'other',
  kind: 'worker',
  host: null,
  depends_on,
});
const answers = {
  readDeployment: (id: string) => ({
    stale: false,
    value: { deploymentId: id, service: serviceOf(id), status: 'running' },
  }),
  readBatch: (id: string) => ({
    stale: false,
    value: {
      batchId: id,
      status: 'running',
      items: id
        .split('.')
        .slice(1)
        .map((service) => ({ service })),
    },
  }),
  readService: (name: string) => ({ stale: false, value: { ...row(name), releases: [], kind: 'external' } }),
  readServices: () => ({ stale: false, value: [row('a-bot'), row('b-bot', ['a-db']), row('a-db')] }),
  readServicePage: () => ({ stale: false, value: { rows: [row('a-bot'), row('b-bot', ['a-db']), row('a-db')] } }),
  countServices: () => 2,
  readHostBeat: () => undefined,
  readLoad: () => undefined,
  answerBefore: () => undefined,
};
const serviceOf = (id: string): string | null => id.split('.')[1] ?? null;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'slipway-services-'));
  const policyFile = join(home, 'policies.json');
  const rules = [
    { guilds: [GUILD_A], services: ['a-*', 'shared'], actions: ALL },
    { guilds: [GUILD_B], services: ['b-*'], actions: ALL },
    { guilds: [GUILD_A], services: ['lavalink'], actions: ['status', 'list'] },
  ];
  writeFileSync(policyFile, JSON.stringify({ guilds: { rules } }));
  api = await startApi({ SLIPWAY_POLICY_FILE: policyFile });
  boundKey = await newKey({ role: 'admin', policy: 'guilds' });
  scopedKey = await newKey({ role: 'admin', services: ['a-*'] });
  source = { type: 'directory', path: join(api.sources, 'a-bot') };
  mkdirSync(source.path);
});
afterAll(async () => {
  await api.close();
  rmSync(home, { recursive: true });
});
beforeEach(() => {
  api.gateway = Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [name, (id: string) => Promise.resolve(answer(id))]),
  );
});

async function newKey(body: object): Promise<string> {
  const { status, body: made } = await api.call('/api/keys', { body });
  expect(status).toBe(201);
  return made['key'] as string;
}

/** Bodies of the calls that name their service themselves, here one of guild B's. */
const BODIES: Partial<Record<string, object>> = {
  startDeployment: { config: { service: 'b-bot', source: { type: 'git', url: 'https://git.example.com/b.git' } } },
  startBatch: { deployments: [{ config: { service: 'b-bot' } }] },
  registerService: { name: 'b-bot' },
};
const pathOf = ({ path }: Operation, service: string): string =>
  path.replace(':name', service).replace(':id', `x.${service}`);
describe('the isolation of a service', () => {
  const refused = { status: 403, body: { code: 'forbidden', errors: [{ path: 'isolation' }] } };
  const view = { ...serviceView(newService('a-bot', '2026-01-01T00:00:00.000Z')), isolation: 'container' as const };
  const isolated = { stale: false, value: view };

  it.each(CALLERS)('%s can’t set the isolation of a service to any value', async (_who, headers) => {
    for (const isolation of ['any', 'container']) {
      const registered = await api.call('/api/services', { body: { name: 'a-new', isolation }, headers: headers() });
      expect(registered).toMatchObject(refused);
      const patched = await api.call('/api/services/a-bot', {
        method: 'PATCH',
        body: { isolation },
        headers: headers(),
      });
      expect(patched).toMatchObject(refused);
    }
  });

  it.each(CALLERS)('%s can’t unregister an isolated service', async (_who, headers) => {
    api.gateway['readService'] = () => Promise.resolve(isolated);
    const answer = await api.call('/api/services/a-bot', { method: 'DELETE', headers: headers() });
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(answer.body['hint']).toBeDefined();
  });

  it('an unrestricted admin key can set the isolation of a service, which is recorded in the audit log', async () => {
    const asked: unknown[] = [];
    api.gateway['awaitService'] = () => Promise.resolve(isolated);
    api.gateway['registerService'] = (input: { registration: object }) => {
      asked.push(input.registration);
      return Promise.resolve(undefined);
    };
    const body = { name: 'a-bot', isolation: 'container' };
    const answer = await api.call('/api/services', { body });
    expect(answer).toMatchObject({ status: 201, body: { isolation: 'container' } });
    expect(asked).toMatchObject([{ isolation: 'container' }]);
    const lines = (await api.call('/api/audit')).body;
    expect(lines[0]).toMatchObject({ target: { service: 'a-bot', isolation: 'container' } });
  });

  it('the isolation of an external service can’t be set', async () => {
    const body = { name: 'x', kind: 'external', health_url: 'https://example.com/', isolation: 'container' };
    const answer = await api.call('/api/services', { body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: 'isolation' }] } });
  });
});

function ask(operation: Operation, headers: Record<string, string>, service = 'b-bot'): Promise<ApiAnswer> {
  const { id, method, body } = operation;
  const sent = BODIES[id] ?? {};
  return api.call(pathOf(operation, service), {
    method: method.toUpperCase(),
    headers,
    ...(body && 'schema' in body && { body: sent }),
  });
}

/** All that this test need not refuse, and why. A new call is in none of them, and so has to be refused. */
const OF_NO_SERVICE = ['getHealth', 'getDeploymentsHealth', 'getMetrics', 'uploadSource'];
const FILTERED = ['listDeployments', 'listServices', 'discoverServices'];
const concerned = OPERATIONS.filter(
  ({ id, who }) => who in ACTIONS && !OF_NO_SERVICE.includes(id) && !FILTERED.includes(id),
);

describe.each(CALLERS)('%s', (_name, headers) => {
  it.each(concerned.map((operation) => [operation.method, operation.path, operation] as const))(
    'a key for guild A receives 403 at %s %s for a service of guild B',
    async (_method, _path, operation) => {
      const answer = await ask(operation, headers());
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden', error: 'PermissionError' } });
      expect(answer.body.detail).toBe('用戶沒有部署權限');
    },
  );

  it('a key for guild A is refused for a service that doesn’t exist yet', async () => {
    api.gateway = {};
    const body = { config: { service: 'c-new', source } };
    expect((await api.call('/api/deployments', { body, headers: headers() })).status).toBe(403);
    expect((await api.call('/api/services/c-new', { headers: headers() })).status).toBe(403);
    expect((await api.call('/api/services', { body: { name: 'c-new' }, headers: headers() })).status).toBe(403);
  });

  it('a key for guild A is refused for a service whose name is derived from its source', async () => {
    mkdirSync(join(api.sources, 'b-site'), { recursive: true });
    const sources = [
      { type: 'directory', path: join(api.sources, 'b-site') },
      { type: 'git', url: 'https://git.example.com/team/b-site.git' },
    ];
    for (const from of sources) {
      const body = { config: { source: from } };
      expect((await api.call('/api/deployments', { body, headers: headers() })).status).toBe(403);
      const batch = { deployments: [body] };
      expect((await api.call('/api/deployments/batch', { body: batch, headers: headers() })).status).toBe(403);
    }
  });

  it('a key for guild A is refused for a batch that contains an item of guild B', async () => {
    const deployments = [{ config: { service: 'a-bot', source } }, { config: { service: 'b-bot', source } }];
    expect((await api.call('/api/deployments/batch', { body: { deployments }, headers: headers() })).status).toBe(403);
    for (const [path, method] of [
      ['/api/batches/x.a-bot.b-bot', 'GET'],
      ['/api/batches/x.a-bot.b-bot/cancel', 'POST'],
    ] as const)
      expect((await api.call(path, { method, headers: headers() })).status).toBe(403);
  });

  it('a key for guild A can’t use services of guild B as dependencies', async () => {
    const deployments = [{ config: { service: 'a-bot', source }, depends_on: ['b-bot'] }];
    const depends_on = ['b-bot'];
    const calls = [
      api.call('/api/deployments/batch', { body: { deployments }, headers: headers() }),
      api.call('/api/services', { body: { name: 'a-new', depends_on }, headers: headers() }),
      api.call('/api/services/a-bot', { method: 'PATCH', body: { depends_on }, headers: headers() }),
    ];
    for (const { status } of await Promise.all(calls)) expect(status).toBe(403);
  });

  it('a key for guild A can’t unregister a dependency of guild B, and the response doesn’t name the dependent service', async () => {
    for (const query of ['', '?force=true']) {
      const answer = await api.call(`/api/services/a-db${query}`, { method: 'DELETE', headers: headers() });
      expect(answer.status).toBe(403);
      expect(JSON.stringify(answer.body)).not.toContain('b-bot');
    }
  });

  it('a key for guild A lists only its own services', async () => {
    const { body: rows } = await api.call('/api/services', { headers: headers() });
    expect((rows as unknown as { name: string }[]).map(({ name }) => name)).toEqual(['a-bot', 'a-db']);
    const { body: groups } = await api.call('/api/services/discovery', { headers: headers() });
    const names = Object.values(groups as Record<string, { name: string }[]>).flat();
    expect(names.map(({ name }) => name).sort()).toEqual(['DeploymentServiceAPI', 'a-bot', 'a-db']);
  });

  it('a key for guild A reads only its own deployments from Temporal', async () => {
    let reach: unknown;
    api.gateway.list = (filter) => {
      ({ reach } = filter);
      return Promise.resolve({ states: [] });
    };
    await api.call('/api/deployments?batch_id=x', { headers: headers() });
    expect(JSON.stringify(reach)).toContain('a-*');
  });

  it('a key for guild A can deploy its own upload but no upload of another caller', async () => {
    const upload = async (by: Record<string, string>): Promise<string> => {
      const type = { 'Content-Type': 'application/gzip' };
      const { status, body } = await api.call('/api/uploads', { body: gzipSync('x'), headers: { ...by, ...type } });
      expect(status).toBe(201);
      return body['upload_id'] as string;
    };
    const deploy = async (upload_id: string): Promise<ApiAnswer> =>
      api.call('/api/deployments', {
        body: { config: { service: 'a-bot', source: { type: 'archive', upload_id } } },
        headers: headers(),
      });
    expect((await deploy(await upload(bound(GUILD_B)))).status).toBe(403);
    expect((await deploy(await upload({}))).status).toBe(403);
    api.gateway.admit = () => Promise.reject(new Error('admitted'));
    expect((await deploy(await upload(headers()))).status).toBe(500); // it came as far as the gate
  });

  it('a key for guild A isn’t refused for its own services', async () => {
    for (const operation of concerned.filter(({ id, who }) => who !== 'administer' && BODIES[id] === undefined)) {
      const { status } = await ask(operation, headers(), 'a-bot');
      about(operation.id, () => {
        expect(status).not.toBe(403);
      });
    }
  });
});

describe('rules of a policy', () => {
  const check = async (query: string) =>
    (await api.call(`/api/permissions/check?user_id=1&${query}`, { headers: asA() })).body['allowed'];

  it('a rule grants its actions only on the services of the rule', async () => {
    const logs = await api.call('/api/services/lavalink/logs', { headers: asA() });
    expect(logs.status).toBe(403);
    expect((await api.call('/api/services/lavalink', { headers: asA() })).status).toBe(200);
    const depends_on = ['lavalink'];
    api.gateway.registerService = () => Promise.reject(new Error('registered'));
    const { status } = await api.call('/api/services', { body: { name: 'a-new', depends_on }, headers: asA() });
    expect(status).toBe(500); // it came as far as the registry
  });

  it('the permission check applies the rules to the service in the query', async () => {
    expect(await check(`guild_id=${GUILD_A}&action=deploy&service=a-bot`)).toBe(true);
    expect(await check(`guild_id=${GUILD_A}&action=rollback&service=a-bot`)).toBe(true); // one of restart's
    expect(await check(`guild_id=${GUILD_A}&action=deploy&service=b-bot`)).toBe(false);
    expect(await check(`guild_id=${GUILD_A}&action=logs&service=lavalink`)).toBe(false);
    expect(await check(`guild_id=${GUILD_A}&action=deploy`)).toBe(true);
    const wrong = await api.call(`/api/permissions/check?user_id=1&guild_id=1&action=deploy&service=B!`);
    expect(wrong).toMatchObject({ status: 422, body: { errors: [{ path: 'service' }] } });
  });

  it('a rule with services doesn’t cover a deployment whose service isn’t known yet', async () => {
    expect((await api.call('/api/deployments/x', { headers: asA() })).status).toBe(403);
    expect((await api.call('/api/deployments/x')).status).not.toBe(403);
  });
});

describe('policy files', () => {
  const open = async (file: object) => {
    const path = join(home, 'other.json');
    writeFileSync(path, JSON.stringify(file));
    const notices: string[] = [];
    const policies = await openPolicies(path, (notice) => notices.push(notice));
    return { notices, rules: (await policies.of('p'))?.rules };
  };

  it('a policy without services in its rules covers all services, includes newer actions and causes a warning', async () => {
    const { rules, notices } = await open({ p: { rules: [{ actions: ['deploy', 'restart', 'status'] }] } });
    expect(rules?.[0]?.services).toEqual(['*']);
    expect(rules?.[0]?.actions).toEqual(expect.arrayContaining(['unregister', 'purge', 'rollback', 'logs']));
    expect(notices).toEqual([expect.stringContaining('covers all services')]);
  });

  it('a rule without services grants nothing if another rule of the policy has services, and causes a warning', async () => {
    const { rules, notices } = await open({
      p: { rules: [{ actions: ['deploy'] }, { services: ['a-*'], actions: ['deploy', 'status'] }] },
    });
    expect(rules?.map(({ services }) => services)).toEqual([[], ['a-*']]);
    expect(rules?.[1]?.actions).toEqual(['deploy', 'variables', 'status']);
    expect(notices).toEqual([expect.stringContaining('p.rules.0')]);
  });

  it.each([
    [{ services: ['A!'], actions: ['deploy'] }, 'p.rules.0.services.0'],
    [{ services: ['a-*-b'], actions: ['deploy'] }, 'p.rules.0.services.0'],
    [{ services: ['**'], actions: ['deploy'] }, 'p.rules.0.services.0'],
    [{ services: ['a'], actions: ['fly'] }, 'p.rules.0.actions.0'],
    [{ service: ['a'], actions: ['deploy'] }, 'p.rules.0.service'],
  ])('a policy file with the rule %j stops the start', async (rule, path) => {
    await expect(open({ p: { rules: [rule] } })).rejects.toThrow(path);
  });
});

describe('keys with scopes', () => {
  it('a key with scopes can perform only the actions of its scopes and no administration', async () => {
    const key = await newKey({ role: 'admin', name: 'CI', scopes: ['deploy', 'restart'] });
    const headers = { Authorization: `Bearer ${key}` };
    for (const [path, method] of [
      ['/api/services/a-bot', 'GET'],
      ['/api/services/a-bot', 'DELETE'],
      ['/api/deployments/x.a-bot/cancel', 'POST'],
      ['/api/keys', 'GET'],
      ['/api/keys', 'POST'],
      ['/api/audit', 'GET'],
    ] as const)
      expect([path, (await api.call(path, { method, headers })).status]).toEqual([path, 403]);
    expect((await api.call('/api/services/a-bot/rollback', { body: {}, headers })).status).not.toBe(403);
    expect((await api.call('/api/services/a-bot/restart', { body: {}, headers })).status).not.toBe(403);
  });

  it('an admin key that is limited to services can’t create an admin key', async () => {
    const body = { role: 'admin' };
    expect((await api.call('/api/keys', { body, headers: scoped() })).status).toBe(403);
  });

  it('a key is listed with its name, scopes, services and last use', async () => {
    const asked = { role: 'admin', name: 'CI of a', scopes: ['deploy'], services: ['a-*'] };
    const key = await newKey(asked);
    const listed = async () =>
      ((await api.call('/api/keys')).body as unknown as Record<string, unknown>[]).find(
        (one) => one['name'] === 'CI of a',
      );
    expect(await listed()).toMatchObject(asked);
    expect(await listed()).not.toHaveProperty('last_used_at');
    await api.call('/api/services', { headers: { Authorization: `Bearer ${key}` } });
    expect(Date.parse(String((await listed())?.['last_used_at']))).toBeGreaterThan(Date.now() - 60_000);
  });

  it.each([
    [{ role: 'admin', scopes: ['deploy', 'fly'] }, 'scopes.1'],
    [{ role: 'admin', scopes: ['administer'] }, 'scopes.0'],
    [{ role: 'admin', scopes: [] }, 'scopes'],
    [{ role: 'read', scopes: ['status', 'deploy'] }, 'scopes.1'],
    [{ role: 'admin', services: ['a-bot', 'B'] }, 'services.1'],
    [{ role: 'admin', services: [] }, 'services'],
    [{ role: 'admin', name: '' }, 'name'],
    [{ role: 'admin', scope: ['deploy'] }, 'scope'],
  ])('creating the key %j is refused with an error at %s', async (body, path) => {
    expect(await api.call('/api/keys', { body })).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });
});

it('the audit entry of a refusal contains the service, and the entry of a deployment contains service and deployment', async () => {
  const last = async (): Promise<AuditEntry> =>
    ((await api.call('/api/audit?limit=1')).body as unknown as AuditEntry[])[0]!;
  await api.call('/api/services/b-bot/logs', { headers: asA() });
  expect(await last()).toMatchObject({ action: 'logs', status: 403, target: { service: 'b-bot' }, guild_id: GUILD_A });
  await api.call('/api/deployments/x.b-bot/cancel', { body: {}, headers: asA() });
  expect(await last()).toMatchObject({ status: 403, target: { service: 'b-bot', deployment: 'x.b-bot' } });
  const answer = { deploymentId: 'uv_1', status: 'accepted' as const, startTime: '', estimatedSeconds: 1 };
  api.gateway.admit = () => Promise.resolve(answer);
  expect((await api.call('/api/deployments', { body: { config: { service: 'a-bot', source } } })).status).toBe(202);
  expect(await last()).toMatchObject({ status: 202, target: { service: 'a-bot', deployment: 'uv_1' } });
});

it('the same idempotency key of two guilds is stored under different hashes', async () => {
  const hashes: (string | undefined)[] = [];
  api.gateway.answerBefore = ({ hash }) => {
    hashes.push(hash);
    return Promise.reject(new Error('asked'));
  };
  for (const [guild, service] of [
    [GUILD_A, 'a-bot'],
    [GUILD_B, 'b-bot'],
  ] as const) {
    const headers = { ...bound(guild), 'Idempotency-Key': 'same' };
    await api.call('/api/deployments', { body: { config: { service, source } }, headers });
  }
  expect(hashes).toHaveLength(2);
  expect(hashes[0]).not.toBe(hashes[1]);
});
