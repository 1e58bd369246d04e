import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Slipway } from '../support/slipway.js';

interface Problem {
  status: number;
  code: string;
  detail: string;
  hint?: string;
  error: string;
  errors?: { path: string; message: string }[];
}

let slipway: Slipway;
beforeAll(async () => {
  slipway = await Slipway.start();
  symlinkSync('/etc', join(slipway.sources, 'link-out'));
  mkdirSync(join(slipway.sources, 'empty'));
});
afterAll(() => slipway.remove());

const post = (body: unknown, headers: Record<string, string> = {}) =>
  slipway.call<Problem>('/api/deployments', { body, headers });
const source = (value: unknown) => ({ config: { source: value } });
const directory = (path: string) => source({ type: 'directory', path });
const git = (url: string, rest: Record<string, unknown> = {}) => source({ type: 'git', url, ...rest });

describe('invalid requests', () => {
  const cases: [string, unknown, number, string, string?][] = [
    ['isn’t JSON', '{"mode": ', 400, 'malformed'],
    ['isn’t UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), 400, 'malformed'],
    ['contains a key twice', '{"mode":"uv","mode":"auto"}', 400, 'malformed'],
    ['contains a prototype key', '{"config":{"__proto__":{"x":1}}}', 400, 'malformed'],
    ['is nested 20,000 levels deep', `{"metadata":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 400, 'malformed'],
    ['is too large', `{"metadata":{"x":"${'y'.repeat(70_000)}"}}`, 413, 'too_large'],
    ['is a list', '[]', 422, 'invalid', ''],
    ['has an unknown field', { colour: 'red' }, 422, 'invalid', 'colour'],
    ['has an unknown field in its config', { config: { colour: 'red' } }, 422, 'invalid', 'config.colour'],
    ['sets a timeout of 29 s', { timeout: 29 }, 422, 'invalid', 'timeout'],
    ['sets a timeout of 3601 s', { timeout: 3601 }, 422, 'invalid', 'timeout'],
    ['sets an unknown mode', { mode: 'podman' }, 422, 'invalid', 'mode'],
    ['sets an unknown environment', { environment: 'moon' }, 422, 'invalid', 'environment'],
    ['has too much metadata', { metadata: { x: 'y'.repeat(5000) } }, 422, 'invalid', 'metadata'],
    ['has no source', {}, 422, 'invalid', 'config.source'],
    ['names an unknown service and no source', { config: { service: 'nobody' } }, 422, 'invalid', 'config.source'],
    ['contains an invalid service name', { config: { service: 'No Spaces' } }, 422, 'invalid', 'config.service'],
    ['uses the reserved service name', { config: { service: 'DeploymentServiceAPI' } }, 409, 'reserved'],
    ['uses the name of an API path as its service name', { config: { service: 'discovery' } }, 409, 'reserved'],
    [
      'uses the reserved service name and an unknown mode',
      { mode: 'x', config: { service: 'DeploymentServiceAPI' } },
      422,
      'invalid',
      'mode',
    ],
    ['has a source outside the source roots', directory('/etc'), 422, 'invalid', 'config.source.path'],
    ['has a source that doesn’t exist', directory('/no/such/folder'), 422, 'invalid', 'config.source.path'],
    ['has a source with a relative path', directory('examples'), 422, 'invalid', 'config.source.path'],
    ['has a git URL with the scheme file', git('file:///etc'), 422, 'invalid', 'config.source.url'],
    ['has a git URL with the transport ext', git('ext::sh -c id'), 422, 'invalid', 'config.source.url'],
    ['has a git URL with user info', git('https://me:secret@example.org/x.git'), 422, 'invalid', 'config.source.url'],
    ['has a git URL with a leading dash', git('-uhttps://example.org/x.git'), 422, 'invalid', 'config.source.url'],
    [
      'has a git ref with a leading dash',
      git('https://example.org/x.git', { ref: '--upload-pack=id' }),
      422,
      'invalid',
      'config.source.ref',
    ],
    [
      'has a subdirectory outside its git repository',
      git('https://example.org/x.git', { subdirectory: '../..' }),
      422,
      'invalid',
      'config.source.subdirectory',
    ],
    [
      'names an unknown upload',
      source({ type: 'archive', upload_id: 'up_0123456789abcdef01234567' }),
      422,
      'invalid',
      'config.source.upload_id',
    ],
    ['persists a path outside the app', { config: { persist: ['../x'] } }, 422, 'invalid', 'config.persist.0'],
    [
      'persists a file whose name has 256 bytes',
      { config: { persist: ['data', `data/${'資'.repeat(85)}x`] } },
      422,
      'invalid',
      'config.persist.1',
    ],
    [
      'has a database file whose name is too long',
      { config: { environment_variables: { DB: `sqlite:///${'x'.repeat(256)}` } } },
      422,
      'invalid',
      'config.environment_variables.DB',
    ],
    [
      'sets a variable that is reserved for Slipway',
      { config: { environment_variables: { SLIPWAY_RELEASE: 'x' } } },
      422,
      'invalid',
      'config.environment_variables',
    ],
    [
      'sets a variable to a value that isn’t text',
      { config: { environment_variables: { A: 1 } } },
      422,
      'invalid',
      'config.environment_variables.A',
    ],
    [
      'has an empty list of fallback modes',
      { config: { fallback_modes: [] } },
      422,
      'invalid',
      'config.fallback_modes',
    ],
    [
      'sets when_full to two different values',
      { when_full: 'queue', config: { when_full: 'reject' } },
      422,
      'invalid',
      'when_full',
    ],
  ];

  it.each(cases)('a request that %s is refused', async (_why, body, status, code, path = '') => {
    const answer = await post(body);
    expect(answer.headers.get('Content-Type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ status, code });
    expect(answer.status).toBe(status);
    expect(answer.body.detail).toBeTruthy();
    if (path !== '') expect(answer.body.errors?.map((error) => error.path)).toContain(path);
  });

  it('a path that leaves the source roots through a symlink or dots, or points into the data folder, is refused', async () => {
    for (const path of [
      join(slipway.sources, 'link-out'),
      `${slipway.sources}/../../../etc`,
      slipway.dataDir,
      `${slipway.dataDir}/logs`,
      slipway.home,
    ]) {
      expect((await post(directory(path))).body).toMatchObject({ status: 422, code: 'invalid' });
    }
  });

  it('a request with no key or a wrong key returns 401, and a read key can’t deploy', async () => {
    const { body: made } = await slipway.call<{ key: string }>('/api/keys', { body: { role: 'read' } });
    const start = (key: string) => slipway.call<Problem>('/api/deployments', { body: slipway.app('answers-200'), key });
    expect((await start('wrong')).body).toMatchObject({
      status: 401,
      code: 'unauthenticated',
      error: 'PermissionError',
    });
    expect((await start(made.key)).body).toMatchObject({
      status: 403,
      code: 'forbidden',
      error: 'PermissionError',
      detail: '用戶沒有部署權限',
    });
    expect((await slipway.call('/api/deployments', { key: made.key })).status).toBe(200);
    expect(
      (await slipway.call('/api/deployments', { method: 'GET', headers: { Authorization: '' }, key: '' })).status,
    ).toBe(401);
  });

  it('a wrong content type, method, header, path or query parameter returns the matching error', async () => {
    expect((await post('{}', { 'Content-Type': 'text/plain' })).body).toMatchObject({ status: 415, code: 'malformed' });
    const put = await slipway.call<Problem>('/api/deployments', { method: 'PUT' });
    expect(put.body).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect(put.headers.get('Allow')).toContain('POST');
    expect((await post({ mode: 'uv' }, { 'Idempotency-Key': 'a b' })).body).toMatchObject({
      status: 400,
      code: 'malformed',
    });
    expect((await slipway.call<Problem>('/api/nothing')).body).toMatchObject({ status: 404, code: 'not_found' });
    expect((await slipway.call<Problem>('/api/deployments/uv_x')).body).toMatchObject({
      status: 404,
      code: 'not_found',
    });
    expect((await slipway.call<Problem>('/api/deployments/..%2f..%2fetc')).status).toBe(404);
    expect((await slipway.call<Problem>('/api/deployments?limit=501')).status).toBe(422);
    expect((await slipway.call<Problem>('/api/deployments?colour=red')).status).toBe(422);
    expect((await slipway.call<Problem>('/api/deployments?cursor=zzz')).status).toBe(422);
  });

  it('a request for an unknown resource returns 404 before the query or the body is validated', async () => {
    for (const [method, path, body] of [
      ['GET', '/api/services/nobody?x=1'],
      ['DELETE', '/api/services/nobody?x=1'],
      ['PATCH', '/api/services/nobody', { colour: 'red' }],
      ['POST', '/api/services/nobody/stop', { colour: 'red' }],
      ['GET', '/api/services/nobody/events?limit=abc'],
      ['GET', '/api/deployments/uv_x/logs?tail=abc'],
      ['POST', '/api/deployments/uv_x/cancel', { colour: 'red' }],
      ['GET', '/api/batches/nothing?x=1'],
    ] as const)
      expect((await slipway.call<Problem>(path, { method, ...(body && { body }) })).body).toMatchObject({
        status: 404,
        code: 'not_found',
      });
  });

  it('an error is written in the language of the Accept-Language header', async () => {
    const english = await post({ timeout: 29 }, { 'Accept-Language': 'en' });
    expect(english.body.detail).toMatch(/^The request is not valid: timeout/);
    expect((await post({ timeout: 29 })).body.detail).toMatch(/^請求內容不正確/);
  });

  it('a deployment in docker mode returns 503 on a host without a Docker engine', async () => {
    const answer = await post(slipway.app('answers-200', {}, { mode: 'docker' }));
    expect(answer.body).toMatchObject({ status: 503, code: 'engine_unavailable', error: 'EnvironmentError' });
  });

  it('a request with oversized headers returns 431, and the next request is answered', async () => {
    const status = await new Promise<number | string>((resolve) => {
      const call = request(`${slipway.url}/livez`, { headers: { 'X-Bomb': 'x'.repeat(100_000) } }, (answer) =>
        resolve(answer.statusCode ?? 0),
      );
      call.once('error', (error) => resolve(error.message));
      call.end();
    });
    expect(status).toBe(431);
    expect((await fetch(`${slipway.url}/livez`)).status).toBe(200);
  });

  it('refused requests leave no deployment in the history', async () => {
    expect((await slipway.call<unknown[]>('/api/deployments')).body).toEqual([]);
    const health = await slipway.call<{ statistics: { total_deployments: number } }>('/api/deployment/health');
    expect(health.body.statistics.total_deployments).toBe(0);
  });
});

describe('sources that can’t be deployed', () => {
  it.each([
    ['empty', {}, 'no_python_project'],
    ['node-app', { Procfile: 'web: npm start\n', 'package.json': '{}' }, 'no_python_project'],
    ['no-entry', { 'requirements.txt': '\n', 'lib.py': 'x = 1\n' }, 'no_entry_point'],
    [
      'future',
      { 'main.py': '\n', 'pyproject.toml': '[project]\nname="future"\nversion="1"\nrequires-python=">=3.99"\n' },
      'python_unavailable',
    ],
    ['no-table', { 'main.py': '\n', 'pyproject.toml': '[dependency-groups]\ndev = ["six"]\n' }, 'source_invalid'],
  ])(
    'the deployment of source %s fails with an error code and a hint',
    async (name, files: Record<string, string>, code) => {
      mkdirSync(join(slipway.sources, name), { recursive: true });
      for (const [file, text] of Object.entries(files)) writeFileSync(join(slipway.sources, name, file), text);
      const ended = await slipway.run(slipway.app(name));
      expect(ended.status).toBe('failed');
      expect(ended.error?.code).toBe(code);
      expect(ended.error?.hint).toBeTruthy();
    },
  );

  it('a deployment fails without retries, and its error names the symlink in the source that points to itself', async () => {
    const folder = join(slipway.sources, 'looping');
    mkdirSync(folder);
    writeFileSync(join(folder, 'main.py'), '');
    symlinkSync('l', join(folder, 'l'));
    const ended = await slipway.run(slipway.app('looping'));
    expect(ended.error).toMatchObject({ code: 'source_invalid', step: 'prepare', message: '連結 l 指回自己' });
    expect(ended.duration_seconds).toBeLessThan(20); // retries would take longer
  });

  it('a deployment with an unresolvable requirement fails in the install step with the end of the log', async () => {
    const ended = await slipway.run(slipway.app('unresolvable'));
    expect(ended.error).toMatchObject({ code: 'dependencies_unresolvable', step: 'install' });
    expect(ended.error?.log_tail.length).toBeGreaterThan(0);
  });
});
