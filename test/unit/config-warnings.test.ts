import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { settingWarnings, warningSentence } from '../../src/config-warnings.js';
import { CLIENT_SETTINGS, readConfig, SETTINGS } from '../../src/config.js';
import { editDistance } from '../../src/edit-distance.js';

const warningsOf = (env: Record<string, string>) =>
  settingWarnings(readConfig(env, '/srv', () => Buffer.alloc(32).toString('base64')));

describe('warnings about names of settings', () => {
  it.each([
    ['SLIPWAY_ISOLATON', 'SLIPWAY_ISOLATION'],
    ['SLIPWAY_ISOLATE', 'SLIPWAY_ISOLATION'],
    ['SLIPWAI_ISOLATION', 'SLIPWAY_ISOLATION'],
    ['slipway_isolation', 'SLIPWAY_ISOLATION'],
    ['SLIPWAY_APPUSER', 'SLIPWAY_APP_USER'],
    ['SLIPWAY_TRUSTED_PROXY', 'SLIPWAY_TRUSTED_PROXIES'],
    ['SLIPWAY_SECRET_KEY_FLE', 'SLIPWAY_SECRET_KEY_FILE'],
    ['SLIPWAY_POLICIES_FILE', 'SLIPWAY_POLICY_FILE'],
    ['SLIPWAY_GIT_ALLOWED', 'SLIPWAY_GIT_ALLOW'],
    ['TEMPORAL_TSL', 'TEMPORAL_TLS'],
  ])('the name %s is reported as a risk if the similar protection %s isn’t set', (name, nearest) => {
    expect(warningsOf({ [name]: 'container' })).toEqual([
      { text: 'setting.misspelt_protection', params: { name, nearest }, isRisk: true },
    ]);
  });

  it('a misspelt name isn’t a risk if the correct setting is set or protects nothing', () => {
    expect(warningsOf({ SLIPWAY_ISOLATON: 'container', SLIPWAY_ISOLATION: 'container' })).toMatchObject([
      { text: 'setting.misspelt', isRisk: false },
    ]);
    expect(warningsOf({ SLIPWAY_PROT: '9000' })).toEqual([
      { text: 'setting.misspelt', params: { name: 'SLIPWAY_PROT', nearest: 'SLIPWAY_PORT' }, isRisk: false },
    ]);
  });

  it.each(['SLIPWAY_FIREWALL_RULES', 'SLIPWAY_FOO'])(
    'the unknown setting %s is reported without a suggestion',
    (name) => {
      expect(warningsOf({ [name]: 'x' })).toEqual([{ text: 'setting.unknown', params: { name }, isRisk: false }]);
    },
  );

  it('variables of other programs and variables that Slipway sets for apps cause no warning', () => {
    const others = ['PATH', 'HOME', 'DOCKER_CONFIG', 'DOCKER_CONTEXT', 'TEMPORAL_CONFIG_FILE', 'TEMPORAL_PROFILE'];
    const env = Object.fromEntries([...others, 'SLIPWAY_INSTANCE', 'SLIPWAY_KEY_FILE'].map((name) => [name, 'x']));
    expect(warningsOf(env)).toEqual([]);
  });

  it('no existing setting causes a warning about its name', () => {
    const names = [...Object.keys(SETTINGS), ...Object.keys(CLIENT_SETTINGS)];
    const hostEnvironment = Object.fromEntries(names.map((name) => [name, 'x']));
    expect(settingWarnings({ ...readConfig({}), hostEnvironment })).toEqual([]);
  });
});

describe('warnings about values of settings', () => {
  it('the default settings cause no warning', () => {
    expect(warningsOf({})).toEqual([]);
  });

  it.each<[string, string, string, string]>([
    ['SLIPWAY_CONTAINER_CAPABILITIES', 'NET_RAW,SYS_ADMIN,CAP_SYS_PTRACE', 'capabilities', 'SYS_ADMIN, CAP_SYS_PTRACE'],
    ['SLIPWAY_TRUSTED_PROXIES', '0.0.0.0/0', 'trusted_proxies', '0.0.0.0/0'],
    ['SLIPWAY_TRUSTED_PROXIES', '0.0.0.0/1,128.0.0.0/1,::/0', 'trusted_proxies', '0.0.0.0/1, 128.0.0.0/1, ::/0'],
    ['SLIPWAY_GIT_ALLOW', '10.1.0.0/16,127.0.0.0/8', 'git_allow', '127.0.0.0/8'],
    ['SLIPWAY_GIT_ALLOW', '::1', 'git_allow', '::1'],
    ['SLIPWAY_CALLBACK_ALLOW', '0.0.0.0/0', 'callback_allow', '0.0.0.0/0'],
    ['SLIPWAY_TOOL_VARIABLES', 'CFLAGS,LD_PRELOAD,NODE_OPTIONS', 'tool_code', 'LD_PRELOAD, NODE_OPTIONS'],
    ['SLIPWAY_TOOL_VARIABLES', 'GIT_CONFIG_COUNT,PYTHONPATH', 'tool_code', 'GIT_CONFIG_COUNT, PYTHONPATH'],
    ['SLIPWAY_TOOL_VARIABLES', 'NPM_TOKEN,DOCKER_HOST', 'tool_secrets', 'NPM_TOKEN, DOCKER_HOST'],
    ['SLIPWAY_HOST', '0.0.0.0', 'host', '0.0.0.0'],
    ['SLIPWAY_WORKER_METRICS', '0.0.0.0:9911', 'worker_metrics', '0.0.0.0:9911'],
    ['SLIPWAY_WORKER_METRICS', '[::]:9911', 'worker_metrics', '[::]:9911'],
    ['SLIPWAY_SOURCE_ROOTS', '/srv/projects:/', 'source_roots', '/'],
    ['SLIPWAY_SOURCE_ROOTS', '/etc:/var:/home/', 'source_roots', '/etc, /var, /home'],
  ])('%s=%s causes a warning with the risky part of the value', (name, value, text, named) => {
    const [warning, ...others] = warningsOf({ [name]: value });
    expect(others).toEqual([]);
    expect(warning).toMatchObject({ text: `setting.${text}`, isRisk: true });
    expect(Object.values(warning!.params)).toEqual([named]);
    expect(warningSentence(warning!)).toContain(named);
  });

  it.each([
    ['SLIPWAY_RATE_LIMIT', '0', 'rate_limit'],
    ['SLIPWAY_RATE_LIMIT', '0/min', 'rate_limit'],
    ['SLIPWAY_CONTAINER_SUBNETS', 'none', 'container_subnets'],
  ])('%s=%s causes a warning that contains the name of the setting', (name, value, text) => {
    const warnings = warningsOf({ [name]: value });
    expect(warnings).toEqual([{ text: `setting.${text}`, params: {}, isRisk: true }]);
    expect(warningSentence(warnings[0]!)).toContain(name);
  });

  it('a source root that contains the home folder of Slipway’s user causes a warning', () => {
    const textsOf = (roots: string) => warningsOf({ HOME: '/users/ada', SLIPWAY_SOURCE_ROOTS: roots });
    expect(textsOf('/users')).toMatchObject([{ text: 'setting.source_roots', params: { roots: '/users' } }]);
    expect(textsOf('/users/ada')).toMatchObject([{ params: { roots: '/users/ada' } }]);
    expect(textsOf('/users/ada/projects:/users/adam')).toEqual([]);
  });

  it('a shared container network causes no warning on a host without docker mode', () => {
    expect(warningsOf({ SLIPWAY_CONTAINER_SUBNETS: 'none', SLIPWAY_MODES: 'uv' })).toEqual([]);
  });

  it.each([
    ['SLIPWAY_CONTAINER_CAPABILITIES', 'NET_RAW,SYS_NICE'],
    ['SLIPWAY_TRUSTED_PROXIES', '10.0.0.0/8,172.18.0.1'],
    ['SLIPWAY_GIT_ALLOW', '10.1.2.0/24'],
    ['SLIPWAY_GIT_ALLOW', 'none'],
    ['SLIPWAY_TOOL_VARIABLES', 'CFLAGS,GIT_SSL_NO_VERIFY'],
    ['SLIPWAY_HOST', '::1'],
    ['SLIPWAY_WORKER_METRICS', '127.0.0.1:9911'],
    ['SLIPWAY_WORKER_METRICS', '[::1]:9911'],
    ['SLIPWAY_WORKER_METRICS', 'localhost:9911'],
    ['SLIPWAY_RATE_LIMIT', '1'],
    ['SLIPWAY_SOURCE_ROOTS', '/srv/projects:/home/ada/projects:/etcetera'],
  ])('%s=%s causes no warning', (name, value) => {
    expect(warningsOf({ [name]: value })).toEqual([]);
  });

  it.each<[Record<string, string>, string[]]>([
    [{}, ['setting.root_leaves_containers']],
    [{ SLIPWAY_ISOLATION: 'container' }, []],
    [{ SLIPWAY_APP_USER: 'nobody' }, []],
    [{ SLIPWAY_MODES: 'docker' }, []],
  ])(
    'SLIPWAY_CONTAINER_ROOT=mapped warns only if apps could run as processes of Slipway’s user, with %j',
    (set, texts) => {
      expect(warningsOf({ SLIPWAY_CONTAINER_ROOT: 'mapped', ...set }).map(({ text }) => text)).toEqual(texts);
    },
  );

  it.each(['FOO', 'NET_RAW,SYS_ADMN', 'net_raw'])(
    'SLIPWAY_CONTAINER_CAPABILITIES=%s is refused because a name is unknown',
    (value) => {
      expect(() => readConfig({ SLIPWAY_CONTAINER_CAPABILITIES: value })).toThrow(
        /must be names of Linux capabilities/,
      );
    },
  );

  it.each(['ALL', 'CAP_ALL', 'NET_RAW,ALL'])(
    'SLIPWAY_CONTAINER_CAPABILITIES=%s is refused because each capability must be named',
    (value) => {
      expect(() => readConfig({ SLIPWAY_CONTAINER_CAPABILITIES: value })).toThrow(/must name each/);
    },
  );
});

describe('edit distances', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['ab', 'ba', 2],
  ])('the edit distance of %j and %j is %i', (one, other, changes) => {
    expect(editDistance(one, other)).toBe(changes);
  });

  it('the edit distance is symmetric and at most the length of the longer word', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        const changes = editDistance(one, other);
        expect(changes).toBe(editDistance(other, one));
        expect(changes).toBeLessThanOrEqual(Math.max(one.length, other.length));
        expect(changes === 0).toBe(one === other);
      }),
    );
  });
});
