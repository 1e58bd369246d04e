import { describe, expect, it } from '@jest/globals';
import { clearSecrets, isSealed, whenFullOf } from '../../../src/contract/request-facts.js';
import { ruleViolationsIn } from '../../../src/contract/request-rules.js';
import { listQuerySchema, logsQuerySchema, startRequestSchema } from '../../../src/contract/requests.js';
import { check } from '../../../src/contract/wrong-fields.js';
import { createSecrets, newSecretKey } from '../../../src/secrets.js';

const refusedAt = (input: unknown): string[] | undefined =>
  startRequestSchema.safeParse(input).error?.issues.map(({ path }) => path.join('.'));
const each = <T>(items: T[] | undefined): T[] => [...new Set(items)];

describe('start requests', () => {
  it('an empty start request is valid and gets all defaults', () => {
    expect(startRequestSchema.parse({})).toEqual({
      mode: 'auto',
      environment: 'dev',
      timeout: 300,
      force_rebuild: false,
      skip_health_check: false,
      metadata: {},
      config: {
        environment_variables: {},
        notifications_enabled: false,
        supersede: false,
        health_check: { timeout: 60, interval: 1, min_uptime: 5 },
      },
    });
  });

  it('parsing a parsed start request returns the same request', () => {
    const request = startRequestSchema.parse({ config: { service: 'shop', health_check: { path: '/health' } } });
    expect(startRequestSchema.parse(request)).toEqual(request);
  });

  it.each<[string, unknown]>([
    ['', { colour: 'red' }],
    ['config', { config: { colour: 'red' } }],
    ['mode', { mode: 'pip' }],
    ['timeout', { timeout: 29 }],
    ['timeout', { timeout: 3601 }],
    ['timeout', { timeout: '300' }],
    ['config.service', { config: { service: 'My Shop' } }],
    ['config.service', { config: { service: 'DeploymentServiceAPI' } }],
    ['config.service', { config: { service: 'discovery' } }],
    ['config.command', { config: { command: '  ' } }],
    ['config.command', { config: { command: 'a\0b' } }],
    ['config.persist.0', { config: { persist: ['../outside'] } }],
    ['config.persist.0', { config: { persist: ['/etc'] } }],
    ['config.persist.0', { config: { persist: [`data/${'x'.repeat(256)}`] } }],
    ['config.persist.0', { config: { persist: ['x/'.repeat(513)] } }],
    ['config.fallback_modes', { config: { fallback_modes: ['uv', 'uv'] } }],
    ['config.environment_variables', { config: { environment_variables: { SLIPWAY_PORT: '1' } } }],
    ['config.build_variables', { config: { build_variables: { SLIPWAY_PORT: '1' } } }],
    ['config.build_variables.1A', { config: { build_variables: { '1A': 'x' } } }],
    ['config.build_variables.A', { config: { build_variables: { A: 1 } } }],
    ['config.environment_variables.1A', { config: { environment_variables: { '1A': 'x' } } }],
    ['config.source.path', { config: { source: { type: 'directory', path: 'a\0b' } } }],
    ['config.source.subdirectory', { config: { source: { type: 'directory', path: '/srv/x', subdirectory: '../y' } } }],
    [
      'config.source.subdirectory',
      { config: { source: { type: 'directory', path: '/srv/x', subdirectory: 'y\u001b[2J' } } },
    ],
    [
      'config.source.subdirectory',
      { config: { source: { type: 'archive', upload_id: `up_${'0'.repeat(16)}`, subdirectory: '/y' } } },
    ],
    ['config.source.url', { config: { source: { type: 'git', url: 'https://me:secret@example.com/a.git' } } }],
    ['config.source.url', { config: { source: { type: 'git', url: 'https://example.com/a\n.git' } } }],
    ['config.source.url', { config: { source: { type: 'git', url: 'https://example.com/a b.git' } } }],
    ['config.source.url', { config: { source: { type: 'git', url: 'file:///etc/passwd' } } }],
    ['config.source.url', { config: { source: { type: 'git', url: 'ssh://-oProxyCommand=x/a' } } }],
    [
      'config.source.ref',
      { config: { source: { type: 'git', url: 'https://example.com/a', ref: '--upload-pack=x' } } },
    ],
    ['config.source.ref', { config: { source: { type: 'git', url: 'https://example.com/a', ref: 'a..b' } } }],
    ['config.health_check.path', { config: { health_check: { path: 'health' } } }],
    ['config.restart.max_per_day', { config: { restart: { max_per_day: 0 } } }],
    ['config.restart.max_per_day', { config: { restart: { max_per_day: 1001 } } }],
    ['config.restart.max_per_day', { config: { restart: { max_per_day: '20' } } }],
    ['config.restart.backoff_max', { config: { restart: { backoff_max: '0s' } } }],
    ['config.restart.backoff_max', { config: { restart: { backoff_max: '25h' } } }],
    ['config.restart.backoff_max', { config: { restart: { backoff_max: 900 } } }],
    ['config.restart', { config: { restart: { forever: true } } }],
    ['callback_url', { callback_url: 'ftp://example.com' }],
    ['metadata.batch_id', { metadata: { batch_id: 'x'.repeat(256) } }],
    ['metadata.batch_id', { metadata: { batch_id: 'a\0b' } }],
  ])('a start request is refused with an error at %s: %j', (path, input) => {
    expect(each(refusedAt(input))).toEqual([path]);
  });

  it('metadata is limited to 4 KB of JSON, measured in bytes', () => {
    expect(refusedAt({ metadata: { text: 'é'.repeat(2042) } })).toBeUndefined();
    expect(refusedAt({ metadata: { text: 'é'.repeat(2043) } })).toEqual(['metadata']);
  });
});

it('the error for an invalid variable name describes valid names', () => {
  const { wrong } = check(startRequestSchema, { config: { environment_variables: { 'A-B': 'x' } } }, 'en') as {
    wrong: unknown;
  };
  expect(wrong).toEqual([
    {
      path: 'config.environment_variables.A-B',
      message: expect.stringMatching(/^a variable’s name is letters/),
    },
  ]);
});

describe('numbers in queries', () => {
  it.each(['', ' ', '0x10', '1e2', '-1', '1.5', 'x', '9'.repeat(16)])('the number %j in a query is refused', (text) => {
    expect(listQuerySchema.safeParse({ limit: text }).success).toBe(false);
    expect(logsQuerySchema.safeParse({ tail: text }).success).toBe(false);
    expect(logsQuerySchema.safeParse({ since: text }).success).toBe(false);
  });

  it('a number in a query consists of decimal digits and is limited to its range', () => {
    expect(listQuerySchema.parse({ limit: '007' }).limit).toBe(7);
    expect(listQuerySchema.parse({}).limit).toBe(50);
    expect(listQuerySchema.safeParse({ limit: '501' }).success).toBe(false);
    expect(logsQuerySchema.parse({ tail: '0', since: '12' })).toEqual({ tail: 0, since: 12 });
    expect(logsQuerySchema.parse({ since: '2026-01-31T08:00:00Z' })).toEqual({ since: '2026-01-31T08:00:00Z' });
  });
});

it('when_full in the config takes precedence over the top level, and the default is reject', () => {
  const whenFull = (input: unknown) => whenFullOf(startRequestSchema.parse(input));
  expect(whenFull({})).toBe('reject');
  expect(whenFull({ when_full: 'queue' })).toBe('queue');
  expect(whenFull({ when_full: 'queue', config: { when_full: 'reject' } })).toBe('reject');
});

describe('unencrypted secrets', () => {
  const sealed = createSecrets(newSecretKey()).seal('value', { service: 'shop', name: 'TOKEN' });
  const request = (value: string) =>
    startRequestSchema.parse({
      callback_url: isSealed(value) ? value : 'https://example.com',
      config: {
        environment_variables: { TOKEN: value },
        source: { type: 'git', url: 'https://example.com/a', token: value },
      },
    });

  it('unencrypted secrets are found in variables, the git token and the callback URL of a request', () => {
    expect(clearSecrets(request('in the clear'))).toEqual([
      'config.environment_variables.TOKEN',
      'config.source.token',
      'callback_url',
    ]);
  });

  it('sealed values aren’t reported as unencrypted secrets', () => {
    expect(clearSecrets(request(sealed))).toEqual([]);
  });

  it.each(['sealed:v1:abc', 'sealed:v1:abc:def ', 'sealed:v2:abc:def', 'x sealed:v1:abc:def', 'sealed:v1:abc:de\nf'])(
    'a value that only resembles a sealed value isn’t sealed: %j',
    (value) => {
      expect(isSealed(value)).toBe(false);
    },
  );
});

it.each([
  'https://git.example.com/x.git?private_token=abc',
  'https://git.example.com/x.git?',
  'https://git.example.com/x.git#main',
  "ssh://git.example.com';id;'/x.git",
  'ssh://-oProxyCommand=id/x.git',
  'ssh://$(id)/x.git',
])('a git URL with a query, a fragment or an invalid host is refused: %s', (url) => {
  expect(refusedAt({ config: { source: { type: 'git', url } } })).toEqual(['config.source.url']);
});

it.each([
  'https://git.example.com:8443/x.git',
  'ssh://git_host-1/x.git',
  'http://[::1]:3000/x.git',
  'http://10.0.0.1/x',
])('an ordinary git URL is accepted: %s', (url) => {
  expect(refusedAt({ config: { source: { type: 'git', url } } })).toBeUndefined();
});

it.each([
  ['http://git.example.com/x.git', true],
  ['http://127.0.0.1.example.com/x.git', true],
  ['http://10.0.0.1/x.git', true],
  ['https://git.example.com/x.git', false],
  ['ssh://git.example.com/x.git', false],
  ['http://127.0.0.1:3000/x.git', false],
  ['http://localhost/x.git', false],
])('the refusal of a git token over %s is %s', (url, isRefused) => {
  const source = { type: 'git', url, token: 'ghp_0123456789' };
  const paths = ruleViolationsIn(startRequestSchema.parse({ config: { source } })).map(({ path }) => path);
  expect(paths).toEqual(isRefused ? ['config.source.token'] : []);
});

it.each([
  ['https://git.example.com/x.git', 'me', 't0ken', []],
  ['https://git.example.com/x.git', 'me@example.com', 't0ken', []],
  ['https://git.example.com/x.git', 'me', undefined, ['config.source.username']],
  ['ssh://git.example.com/x.git', 'deploy', undefined, []],
  ['ssh://git.example.com/x.git', '$(id)', undefined, ['config.source.username']],
  ['ssh://git.example.com/x.git', 'a@b', undefined, ['config.source.username']],
])('the user of a git source is validated: %s with the user %s and the token %s', (url, username, token, refused) => {
  const source = { type: 'git', url, username, ...(token !== undefined && { token }) };
  const paths = ruleViolationsIn(startRequestSchema.parse({ config: { source } })).map(({ path }) => path);
  expect(paths).toEqual(refused);
});

it.each(['', 'a b', 'a:b', 'a\n', '-oProxyCommand=id', 'x'.repeat(256)])('the git user %j is refused', (username) => {
  const source = { type: 'git', url: 'https://git.example.com/x.git', token: 't', username };
  expect(refusedAt({ config: { source } })).toEqual(['config.source.username']);
});

it.each([
  ...['PATH', 'HOME', 'LD_PRELOAD', 'PYTHONPATH', 'PIP_TARGET', 'PIP_CONFIG_FILE', 'PIP_CACHE_DIR'],
  ...['UV_PROJECT_ENVIRONMENT', 'UV_CONFIG_FILE', 'UV_PYTHON', 'UV_LINK_MODE', 'BUILDKIT_SYNTAX'],
])('the build variable %s is refused because the variable controls the build tools', (name) => {
  const request = startRequestSchema.parse({ config: { build_variables: { [name]: 'x' } } });
  expect(ruleViolationsIn(request)).toEqual([
    { path: `config.build_variables.${name}`, text: 'field.build_variable', params: {} },
  ]);
});

it.each([
  ...['INDEX_TOKEN', 'PIP_INDEX_URL', 'UV_DEFAULT_INDEX', 'UV_INDEX_MINE_PASSWORD', 'SETUPTOOLS_SCM_PRETEND_VERSION'],
  ...['PYTHON_VERSION', 'UV_DYNAMIC_VERSIONING_BYPASS', 'GIT_COMMIT'],
])('the build variable %s is accepted and treated as a secret', (name) => {
  const request = startRequestSchema.parse({ config: { build_variables: { [name]: 'x' } } });
  expect(ruleViolationsIn(request)).toEqual([]);
  expect(clearSecrets(request)).toEqual([`config.build_variables.${name}`]);
});

it('environment variables that exceed the storage of six releases are refused', () => {
  const variables = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`V${n}`, 'x']));
  const pathsFor = (environment_variables: Record<string, string>) =>
    ruleViolationsIn(startRequestSchema.parse({ config: { environment_variables } })).map(({ path }) => path);
  expect(pathsFor(variables(1500))).toEqual([]);
  expect(pathsFor({ LONG: 'x'.repeat(60_000) })).toEqual([]);
  expect(pathsFor(variables(4500))).toEqual(['config.environment_variables']);
});
