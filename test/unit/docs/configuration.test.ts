import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { configurationPage } from '../../../scripts/configuration-page.js';
import { readConfig } from '../../../src/config.js';

it('docs/reference/configuration.md is the same as the generated page', () => {
  expect(readFileSync(new URL('../../../docs/reference/configuration.md', import.meta.url), 'utf8')).toBe(
    configurationPage(),
  );
});

it.each([
  ['SLIPWAY_PORT', '80a'],
  ['SLIPWAY_PORT', '0'],
  ['DOCKER_HOST', 'tcp://a b'],
  ['DOCKER_HOST', 'npipe:////./pipe/docker_engine'],
  ['SLIPWAY_MAX_CONCURRENT_DEPLOYMENTS', '0'],
  ['SLIPWAY_SECRET_KEY', 'short'],
  ['SLIPWAY_LANGUAGE', 'de'],
  ['SLIPWAY_HOST_ID', 'a b'],
])('an invalid %s (%s) is refused with an error that names the setting', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(new RegExp(name));
});

it('an empty value of a setting counts as unset', () => {
  expect(() => readConfig({ SLIPWAY_PORT: '80a' })).toThrow('SLIPWAY_PORT: must be a number');
  expect(readConfig({ SLIPWAY_PORT: '' }).apiPort).toBe(8088);
});

describe('secrets in files', () => {
  const KEY = Buffer.alloc(32, 7).toString('base64');
  const files = (path: string): string => {
    if (path === '/run/secrets/key') return `${KEY}\n`;
    if (path === '/srv/empty') return '\n';
    throw new Error(`ENOENT: no such file or directory, open '${path}'`);
  };
  const read = (env: Record<string, string>) => readConfig(env, '/srv', files);

  it('a secret is read from its file and isn’t contained in the environment for other programs', () => {
    const config = read({ SLIPWAY_SECRET_KEY_FILE: '/run/secrets/key' });
    expect(config.secretKey).toBe(KEY);
    expect(JSON.stringify(config.hostEnvironment)).not.toContain(KEY);
  });

  it('a secret setting can be read from a file, and an ordinary setting can’t', () => {
    expect(read({ SLIPWAY_SECRET_KEYS_OLD_FILE: '/run/secrets/key' }).secretKeysOld).toEqual([KEY]);
    expect(read({ TEMPORAL_API_KEY_FILE: '/run/secrets/key' }).temporal).toMatchObject({ apiKey: KEY, tls: {} });
    expect(read({ SLIPWAY_HOST_FILE: '/run/secrets/key' }).apiHost).toBe('127.0.0.1');
  });

  it('an empty file of earlier keys is an empty list', () => {
    expect(read({ SLIPWAY_SECRET_KEYS_OLD_FILE: 'empty' }).secretKeysOld).toEqual([]);
  });

  it.each([
    ['can’t be read', { SLIPWAY_SECRET_KEY_FILE: 'nowhere' }, /SLIPWAY_SECRET_KEY_FILE: ENOENT.*\/srv\/nowhere/],
    ['is empty', { SLIPWAY_SECRET_KEY_FILE: 'empty' }, /SLIPWAY_SECRET_KEY_FILE: empty is empty/],
    [
      'is set together with its value',
      { SLIPWAY_SECRET_KEY_FILE: '/run/secrets/key', SLIPWAY_SECRET_KEY: KEY },
      /unset one/,
    ],
    [
      'contains an invalid value',
      { SLIPWAY_CALLBACK_SECRET_FILE: '/run/secrets/key' },
      /SLIPWAY_CALLBACK_SECRET: must/,
    ],
  ])('a secret file that %s stops the start without printing the secret', (_what, env, message) => {
    expect(() => read(env)).toThrow(message);
    expect(() => read(env)).not.toThrow(KEY);
  });
});

it.each(['', 'docker,podman', 'auto'])('SLIPWAY_MODES=%j is refused unless the value is empty', (value) => {
  if (value === '') expect(readConfig({ SLIPWAY_MODES: value }).modes).toEqual(['docker', 'uv', 'fallback']);
  else expect(() => readConfig({ SLIPWAY_MODES: value })).toThrow(/SLIPWAY_MODES/);
});
