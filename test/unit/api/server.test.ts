import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { blankBatch } from '../../../src/contract/batches.js';
import { errorRecord } from '../../../src/contract/errors.js';
import type { AdmitAnswer, GateLoad } from '../../../src/contract/messages.js';
import { OPERATIONS } from '../../../src/contract/operations.js';
import { startRequestSchema } from '../../../src/contract/requests.js';
import type { BeatWithAge } from '../../../src/api/service-gateway.js';
import type { ServiceRow, ServiceView } from '../../../src/contract/views.js';
import { newService, serviceView } from '../../../src/workflows/service-state.js';
import { blankState } from '../../../src/workflows/view.js';
import { startApi, type ApiAnswer, type TestApi } from '../../support/api.js';

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

describe('malformed requests', () => {
  const upload = (body: string, headers = {}) =>
    api.call('/api/uploads', { body, headers: { 'Content-Type': 'application/gzip', ...headers } });
  const english = { 'Accept-Language': 'en' };

  it.each<[string, (headers?: Record<string, string>) => ReturnType<typeof post>, RegExp]>([
    ['a body that isn’t JSON', (headers) => post('{', headers), /^The body is not JSON$/],
    ['a body that isn’t UTF-8', (headers) => post(new Uint8Array([0x7b, 0xff]), headers), /^The body is not UTF-8$/],
    [
      'a body nested deeper than 32 levels',
      (headers) => post('['.repeat(40) + ']'.repeat(40), headers),
      /nested deeper than 32$/,
    ],
    ['a prototype key', (headers) => post('{"__proto__":{}}', headers), /prototype key/],
    [
      'a JSON key that occurs twice with the same value',
      (headers) => post('{"metadata":{"a":1,"a":1}}', headers),
      /a key twice$/,
    ],
    [
      'a JSON key that occurs twice with different values',
      (headers) => post('{"mode":"uv","mode":"auto"}', headers),
      /a key twice$/,
    ],
    [
      'an invalid idempotency key',
      (headers) => post({}, { 'Idempotency-Key': 'a b', ...headers }),
      /^Idempotency-Key must be/,
    ],
    ['an upload that isn’t gzip', (headers) => upload('text', headers), /^The body is not a gzip tar$/],
    ['a malformed path', (headers) => api.call('/api/deployments/%ff', { headers }), /^The path or the body/],
  ])('a request with %s returns 400 with an error in the language of the client', async (_why, call, words) => {
    const own = await call();
    expect(own).toMatchObject({ status: 400, body: { code: 'malformed' } });
    expect(own.body.detail).toMatch(/\p{Script=Han}/u);
    expect(own.body.detail).not.toMatch(/[a-z]+ [a-z]+/i);
    expect((await call(english)).body.detail).toMatch(words);
  });
});

describe('unsupported bodies', () => {
  it.each<[string, Record<string, string>, RegExp, string]>([
    [
      'compressed',
      { 'Content-Encoding': 'gzip' },
      /Content-Encoding gzip/,
      'Send it as it is, without Content-Encoding',
    ],
    ['encoded in UTF-16', { 'Content-Type': 'application/json; charset=utf-16' }, /charset utf-16/, 'Send it in UTF-8'],
    ['plain text', { 'Content-Type': 'text/plain' }, /text\/plain/, 'Use application/json'],
  ])('a body that is %s returns 415 with a hint about the supported format', async (_what, headers, detail, hint) => {
    const answer = await post({}, { 'Accept-Language': 'en', ...headers });
    expect(answer).toMatchObject({ status: 415, body: { code: 'malformed', hint } });
    expect(answer.body.detail).toMatch(detail);
    expect((await post({}, headers)).body.detail).toMatch(/\p{Script=Han}/u);
  });

  it.each<Record<string, string>>([
    { 'Content-Type': 'application/json; charset=UTF-8' },
    { 'Content-Type': 'application/json;charset="utf8"' },
    { 'Content-Encoding': 'identity' },
  ])('a body with the headers %j is parsed', async (headers) => {
    expect(await post({ mode: 'x' }, headers)).toMatchObject({ status: 422 });
  });
});

describe('the order of request checks', () => {
  const calls: [string, string, unknown?][] = [
    ['GET', '/api/services/NAME?x=1'],
    ['PATCH', '/api/services/NAME', { colour: 'red' }],
    ['PATCH', '/api/services/NAME?x=1', {}],
    ['DELETE', '/api/services/NAME?force=perhaps'],
    ['GET', '/api/services/NAME/health?x=1'],
    ['GET', '/api/services/NAME/events?limit=abc'],
    ['GET', '/api/services/NAME/releases?x=1'],
    ['GET', '/api/services/NAME/logs?tail=abc'],
    ['POST', '/api/services/NAME/start', { x: 1 }],
    ['POST', '/api/services/NAME/stop', []],
    ['POST', '/api/services/NAME/restart', null],
    ['POST', '/api/services/NAME/rollback', { release: 1 }],
    ['GET', '/api/deployments/NAME?x=1'],
    ['GET', '/api/deployments/NAME/progress?x=1'],
    ['GET', '/api/deployments/NAME/callbacks?x=1'],
    ['GET', '/api/deployments/NAME/logs?tail=abc'],
    ['POST', '/api/deployments/NAME/cancel?x=1', { x: 1 }],
    ['GET', '/api/batches/NAME?x=1'],
    ['POST', '/api/batches/NAME/cancel?x=1', { x: 1 }],
  ];
  const ask = ([method, path, body]: (typeof calls)[number], name: string) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return api.call(path.replace('NAME', name), { method, ...sent });
  };
  const nobody = () => Promise.resolve(undefined);

  it.each(calls)('%s %s returns 404 for an unknown resource, even if the request is invalid', async (...call) => {
    api.gateway = { readDeployment: nobody, readService: nobody, readBatch: nobody };
    expect(await ask(call, 'unknown')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it.each(calls)('%s %s returns 404 for an impossible name without a lookup', async (...call) => {
    expect(await ask(call, 'No Such!')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it.each(calls)('%s %s returns 422 for an existing resource, which is read once', async (...call) => {
    const shop = serviceView(newService('shop', '2026-01-01T00:00:00.000Z'));
    const deployment = blankState('shop', startRequestSchema.parse({}));
    let reads = 0;
    const found = <T>(value: T) => {
      reads += 1;
      return Promise.resolve({ value, stale: false });
    };
    const batch = blankBatch('shop', [], '2026-01-01T00:00:00.000Z');
    api.gateway = {
      readDeployment: () => found(deployment),
      readService: () => found(shop),
      readBatch: () => found(batch),
    };
    expect(await ask(call, 'shop')).toMatchObject({ status: 422, body: { code: 'invalid' } });
    expect(reads).toBe(1);
  });

  it.each<[string, string, unknown?]>([
    ['POST', '/api/deployments/unknown/cancel', { x: 1 }],
    ['POST', '/api/batches/unknown/cancel', { x: 1 }],
    ['DELETE', '/api/keys/unknown?x=1'],
  ])('%s %s returns 404 for an unknown id, even if the request is invalid', async (...call) => {
    api.gateway = { cancel: nobody, readDeployment: nobody, readBatch: nobody, cancelBatch: nobody };
    expect(await ask(call, 'unknown')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('a body that can’t be parsed returns 400, even for an unknown service', async () => {
    expect(await api.call('/api/services/unknown/stop', { body: '{' })).toMatchObject({ status: 400 });
  });

  it.each<[string, string, unknown?]>([
    ['PATCH', '/api/services/DeploymentServiceAPI', {}],
    ['DELETE', '/api/services/DeploymentServiceAPI', undefined],
    ['POST', '/api/services/DeploymentServiceAPI/stop', {}],
    ['POST', '/api/services/DeploymentServiceAPI/rollback', {}],
  ])('%s %s returns 409 for the reserved name, or 422 if the request is invalid', async (method, path, body) => {
    api.gateway = { readLoad: nobody, readHostBeat: nobody };
    expect(await ask([method, path, body], '')).toMatchObject({ status: 409, body: { code: 'reserved' } });
    const wrong: (typeof calls)[number] = body ? [method, path, { x: 1 }] : [method, `${path}?x=1`];
    expect(await ask(wrong, '')).toMatchObject({ status: 422, body: { code: 'invalid' } });
  });
});

it.each([
  ['200 right after a heartbeat of a worker', 0, 200],
  ['503 if the last heartbeat is 13 seconds old', 13_000, 503],
])('/readyz returns %s', async (_what, silentMs, status) => {
  const beat = { silentMs } as BeatWithAge; // no more of it is read
  api.gateway = {
    ping: () => Promise.resolve(),
    readLoad: () => Promise.resolve({} as GateLoad), // that there is one is all that counts
    readHostBeat: () => Promise.resolve(beat),
  };
  expect((await fetch(`${api.url}/readyz`)).status).toBe(status);
});

describe('unknown query parameters', () => {
  const calls = OPERATIONS.filter(({ path, who }) => path.startsWith('/api') && who !== 'anybody');

  it.each(calls)(
    '$method $path returns 422 with the name of an unknown query parameter',
    async ({ method, path, body }) => {
      const there = { stale: false };
      const deployment = { ...there, value: blankState('key_admin', startRequestSchema.parse({})) };
      const service = { ...there, value: serviceView(newService('key-admin', '2026-01-01T00:00:00.000Z')) };
      const batch = { ...there, value: blankBatch('key_admin', [], '2026-01-01T00:00:00.000Z') };
      api.gateway = {
        readDeployment: () => Promise.resolve(deployment),
        readService: () => Promise.resolve(service),
        readBatch: () => Promise.resolve(batch),
      };
      const sent = body && ('file' in body ? '' : JSON.stringify(body.example));
      const answer = await api.call(`${path.replace(':id', 'key_admin').replace(':name', 'key-admin')}?colour=red`, {
        method: method.toUpperCase(),
        headers: body && 'file' in body ? { 'Content-Type': body.file } : {},
        ...(sent !== undefined && { body: sent }),
      });
      expect(answer).toMatchObject({ status: 422, body: { code: 'invalid' } });
      expect(pathsOf(answer.body)).toContain('colour');
    },
  );
});

it('each service in a stale list of services is marked as stale', async () => {
  const shop = serviceView(newService('shop', '2026-01-01T00:00:00.000Z'));
  api.gateway = { readServicePage: () => Promise.resolve({ value: { rows: [shop] }, stale: true }) };
  expect((await api.call('/api/services')).body).toMatchObject([{ name: 'shop', stale: true }]);
  api.gateway = { readServicePage: () => Promise.resolve({ value: { rows: [shop] }, stale: false }) };
  expect((await api.call('/api/services')).body[0]).not.toHaveProperty('stale');
});

const pathsOf = (body: ApiAnswer['body']) => (body.errors as { path: string }[] | undefined)?.map(({ path }) => path);

describe('registrations with reserved names', () => {
  it.each(['discovery', 'DeploymentServiceAPI'])(
    'registering %s returns 409, or 422 if another field is invalid',
    async (name) => {
      const register = (body: object) => api.call('/api/services', { body });
      expect(await register({ name })).toMatchObject({ status: 409, body: { code: 'reserved' } });
      expect(pathsOf((await register({ name, kind: 'cron' })).body)).toEqual(['kind']);
    },
  );
});

describe('batch validation', () => {
  const row = (name: string, facts: Partial<ServiceRow> = {}): ServiceRow => ({
    ...serviceView(newService(name, '2026-01-01T00:00:00.000Z')),
    ...facts,
  });
  const source = () => ({ type: 'directory', path: join(api.sources, 'shop') });
  const item = (service: string, rest: object = {}) => ({ config: { service, source: source() }, ...rest });
  const batch = (deployments: unknown[], rest: object = {}) =>
    api.call('/api/deployments/batch', { body: { deployments, ...rest } });

  beforeEach(() => {
    mkdirSync(join(api.sources, 'shop'), { recursive: true });
    const outside = row('outside', { kind: 'external' });
    const rows = [outside, row('known')];
    api.gateway = {
      readService: () =>
        Promise.resolve({
          value: { ...serviceView(newService('outside', '')), kind: 'external' as const },
          stale: false,
        }),
      readServices: () => Promise.resolve({ value: rows, stale: false }),
    };
  });

  it('a batch is refused with all errors of its fields, sources, names and dependencies at once', async () => {
    const { status, body } = await batch(
      [
        item('a', { timeout: 1, depends_on: ['b'] }),
        { config: { service: 'b', source: { type: 'directory', path: '/etc' } }, depends_on: ['nobody', 'a'] },
        { config: { service: 'c', source: { type: 'directory', path: '/etc' }, colour: 'red' } },
        item('outside'),
        item('c', { depends_on: ['No!'] }),
        { config: { source: { type: 'archive', upload_id: 'up_0123456789abcdef' } }, mode: 'x' },
        item('known', { depends_on: ['known'] }),
      ],
      { max_parallel: 0 },
    );
    expect(status).toBe(422);
    expect(pathsOf(body)!.sort()).toEqual([
      'deployments.0.depends_on',
      'deployments.0.timeout',
      'deployments.1.config.source.path',
      'deployments.2.config.colour',
      'deployments.2.config.source.path',
      'deployments.3.config.service',
      'deployments.4.config.service',
      'deployments.4.depends_on.0',
      'deployments.5.config.source.upload_id',
      'deployments.5.mode',
      'max_parallel',
    ]);
  });

  it('a batch with an unknown dependency is refused at that item, unless an item without a name could be the dependency', async () => {
    const needy = item('a', { depends_on: ['nobody', 'wrong', 'known'] });
    const wrong = item('wrong', { timeout: 1 });
    const found = pathsOf((await batch([needy, wrong])).body);
    expect(found).toEqual(['deployments.1.timeout', 'deployments.0.depends_on']);
    const nameless = { config: { source: { type: 'archive', upload_id: 'up_0123456789abcdef' } } };
    const less = pathsOf((await batch([needy, nameless])).body);
    expect(less).toEqual(['deployments.1.config.source.upload_id', 'deployments.1.config.service']);
  });

  it.each<[string, unknown[], string[]]>([
    ['an empty list', [], ['deployments']],
    ['items that aren’t requests', [null, 1, []], ['deployments.0', 'deployments.1', 'deployments.2']],
    ['a request whose config is null', [{ config: null }], ['deployments.0.config']],
    [
      'a request without a source and a request for an external service',
      [{}, { config: { service: 'outside' } }],
      ['deployments.0.config.source', 'deployments.1.config.service'],
    ],
  ])('a batch with %s is refused with the path of each error', async (_what, deployments, paths) => {
    expect(pathsOf((await batch(deployments)).body)).toEqual(paths);
  });

  it.each(['discovery', 'DeploymentServiceAPI'])(
    'a batch with the reserved name %s returns 409, or 422 if a field of another item is invalid',
    async (name) => {
      expect(await batch([item('a'), item(name)])).toMatchObject({ status: 409, body: { code: 'reserved' } });
      expect(pathsOf((await batch([item(name), item('a', { timeout: 1 })])).body)).toEqual(['deployments.1.timeout']);
    },
  );
});

describe('start requests', () => {
  it.each<[string, unknown, number, string]>([
    ['with the reserved name', { config: { service: 'DeploymentServiceAPI' } }, 409, 'reserved'],
    ['with the name of an API path as its service name', { config: { service: 'discovery' } }, 409, 'reserved'],
    [
      'with the reserved name and an unknown mode',
      { mode: 'x', config: { service: 'DeploymentServiceAPI' } },
      422,
      'invalid',
    ],
    ['with two different values of when_full', { when_full: 'queue', config: { when_full: 'reject' } }, 422, 'invalid'],
    ['with a resource limit in uv mode', { mode: 'uv', config: { resources: { cpus: 1 } } }, 422, 'invalid'],
    ['that is null', 'null', 422, 'invalid'],
    ['whose config is null', { config: null }, 422, 'invalid'],
  ])('a start request %s is refused', async (_what, body, status, code) => {
    expect(await post(body)).toMatchObject({ status, body: { code } });
  });

  it.each(['discovery', 'Discovery', 'discovery.git'])(
    'a start request for a source named %s returns 409',
    async (folder) => {
      const path = join(api.sources, folder);
      mkdirSync(path, { recursive: true });
      const body = { config: { source: { type: 'directory', path } } };
      expect(await post(body)).toMatchObject({ status: 409, body: { code: 'reserved' } });
    },
  );

  it('a refused start request lists all fields that aren’t allowed', async () => {
    const config = { resources: { cpus: 1 }, when_full: 'reject', environment_variables: { DB: 'sqlite:///../x' } };
    const { body } = await post({ mode: 'uv', when_full: 'queue', config });
    expect(pathsOf(body)).toEqual(['config.resources', 'config.environment_variables.DB', 'when_full']);
  });

  it('an external service is refused in a start request after reading only that service', async () => {
    const outside = { ...serviceView(newService('db', '2026-01-01T00:00:00.000Z')), kind: 'external' as const };
    api.gateway = { readService: () => Promise.resolve({ value: outside, stale: false }) };
    const answer = await post({ config: { service: 'db' } });
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid' } });
    expect(pathsOf(answer.body)).toEqual(['config.service']);
  });

  describe('repeated start requests with an idempotency key', () => {
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
      silentMs: 0,
      managers: { docker: unavailable, uv: unavailable, fallback: unavailable },
    };
    const request = () => ({ mode: 'uv', config: { source: { type: 'directory', path: join(api.sources, 'shop') } } });

    beforeEach(() => {
      mkdirSync(join(api.sources, 'shop'), { recursive: true });
      api.gateway = {
        answerBefore: () => Promise.resolve(answer),
        readDeployment: () => Promise.resolve({ value: state, stale: false }),
        readHostBeat: () => Promise.resolve(beat as unknown as BeatWithAge), // no more of it is read
      };
    });

    it.each<[string, () => void, string]>([
      ['maintenance has started', () => (api.config = { maintenance: true }), 'maintenance'],
      ['the source was deleted', () => rmSync(join(api.sources, 'shop'), { recursive: true }), 'invalid'],
      ['the required tool is unavailable', () => undefined, 'tool_missing'],
    ])(
      'a repeated request with an idempotency key gets the first response although %s',
      async (_what, happen, code) => {
        happen();
        expect(await post(request(), headers)).toMatchObject(accepted);
        api.gateway = { ...api.gateway, answerBefore: () => Promise.resolve(undefined) };
        expect((await post(request(), headers)).body.code).toBe(code); // a new one is refused
      },
    );

    it('a repeated request with an invalid body is refused', async () => {
      expect(await post({ mode: 'x' }, headers)).toMatchObject({ status: 422, body: { code: 'invalid' } });
    });

    it('a repeated request without an idempotency key is checked as a new request', async () => {
      expect(await post(request())).toMatchObject({ status: 503, body: { code: 'tool_missing' } });
    });
  });
});

it.each([
  [undefined, 422],
  ['127.0.0.0/8', 500], // it came as far as the gate
])('a git token over HTTP to the loopback, with SLIPWAY_GIT_ALLOW=%s, returns %i', async (allow, status) => {
  const own = await startApi(allow === undefined ? {} : { SLIPWAY_GIT_ALLOW: allow });
  own.gateway = { readHostBeat: () => Promise.resolve(undefined), admit: () => Promise.reject(new Error('admitted')) };
  const source = { type: 'git', url: 'http://127.0.0.1:3000/x.git', token: 'ghp_0123456789' };
  const answer = await own.call('/api/deployments', { body: { mode: 'uv', config: { service: 'x', source } } });
  expect(answer.status).toBe(status);
  if (status === 422) expect(answer.body).toMatchObject({ errors: [{ path: 'config.source.token' }] });
  await own.close();
});

describe('warnings of a start request', () => {
  const admitted = {
    deploymentId: 'uv_20260101_000000_aaaaaaaa',
    status: 'accepted',
    startTime: '',
    estimatedSeconds: 1,
  };
  const start = async (body: object): Promise<unknown> => {
    api.gateway = { admit: () => Promise.resolve(admitted as AdmitAnswer) };
    const config = { source: { type: 'git', url: 'https://example.com/bot.git' }, service: 'bot' };
    const answer = await post({ ...body, config: { ...config, ...('config' in body ? (body.config as object) : {}) } });
    expect(answer.status).toBe(202);
    return answer.body.warnings;
  };

  it('a start request warns if callbacks to the address of its callback URL are denied', async () => {
    const warnings = (await start({ callback_url: 'http://127.0.0.1:9/hook' })) as { path: string; message: string }[];
    expect(warnings.map(({ path }) => path)).toEqual(['callback_url']);
    expect(warnings[0]!.message).toContain('127.0.0.1');
  });

  it('a start request has no warning for an allowed callback address or for an unknown host name', async () => {
    expect(await start({ callback_url: 'https://1.1.1.1/hook' })).toBeUndefined();
    expect(await start({ callback_url: 'https://no-such-name.invalid/hook' })).toBeUndefined();
  });

  it('a start request warns that its resource limits exclude modes', async () => {
    expect(await start({ config: { resources: { memory_mb: 64 } } })).toMatchObject([{ path: 'config.resources' }]);
  });

  const serving =
    (...persist: string[]) =>
    () =>
      Promise.resolve({ persist } as Partial<ServiceView> as ServiceView);

  it('a start request warns about data that the new release no longer persists, except if its list is empty', async () => {
    const admit = { admit: () => Promise.resolve(admitted as AdmitAnswer) };
    const warned = async (persist: string[]): Promise<unknown> => {
      api.gateway = { ...admit, readLastView: serving('count.txt', 'uploads') };
      const config = { source: { type: 'git', url: 'https://example.com/bot.git' }, service: 'bot', persist };
      return (await post({ config })).body.warnings;
    };
    expect(await warned(['uploads/'])).toEqual([
      { path: 'config.persist', message: expect.stringContaining('不再保存 count.txt；') },
    ]);
    expect(await warned(['uploads/', 'count.txt'])).toBeUndefined();
    expect(await warned([])).toBeUndefined();
  });

  it('a batch warns about data that an item no longer persists', async () => {
    api.gateway = {
      readServices: () => Promise.resolve({ value: [], stale: false }),
      startBatch: (_input, first) => Promise.resolve(first),
      readLastView: serving('count.txt'),
    };
    const source = { type: 'git', url: 'https://example.com/bot.git' };
    const deployments = [
      { config: { source, service: 'plain', persist: ['count.txt'] } },
      { config: { source, service: 'bot', persist: ['uploads/'] } },
    ];
    const answer = await api.call('/api/deployments/batch', { body: { deployments } });
    expect(answer.body.warnings).toMatchObject([{ path: 'deployments.1.config.persist' }]);
  });

  it('a batch warns about resource limits with the path of the item', async () => {
    api.gateway = {
      readServices: () => Promise.resolve({ value: [], stale: false }),
      startBatch: (_input, first) => Promise.resolve(first),
    };
    const source = { type: 'git', url: 'https://example.com/bot.git' };
    const deployments = [
      { config: { source, service: 'plain' } },
      { config: { source, service: 'bot', resources: { memory_mb: 64 } } },
    ];
    const answer = await api.call('/api/deployments/batch', { body: { deployments } });
    expect(answer.status).toBe(202);
    expect(answer.body.warnings).toMatchObject([{ path: 'deployments.1.config.resources' }]);
  });
});
