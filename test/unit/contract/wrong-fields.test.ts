import { describe, expect, it } from '@jest/globals';
import { newKeySchema, permissionQuerySchema } from '../../../src/contract/keys.js';
import { policyFileSchema } from '../../../src/contract/permissions.js';
import { patchServiceSchema, registerSchema, startRequestSchema } from '../../../src/contract/requests.js';
import type { Language } from '../../../src/contract/states.js';
import { check } from '../../../src/contract/wrong-fields.js';

type Schema = Parameters<typeof check>[0];
function told(schema: Schema, value: unknown, language: Language = 'en'): string[] {
  const checked = check(schema, value, language);
  return 'wrong' in checked ? checked.wrong.map(({ path, message }) => `${path}: ${message}`) : [];
}
const start = (config: object): [Schema, unknown] => [startRequestSchema, { config }];

describe('field errors', () => {
  it.each<[string, [Schema, unknown], string]>([
    ['a missing field', [registerSchema, {}], 'name: is required'],
    ['an empty name', [registerSchema, { name: '' }], 'name: must be a service’s name: 1-63 of a-z, 0-9 and -'],
    ['empty text', start({ command: '  ' }), 'config.command: must not be empty'],
    [
      'text that is too long',
      start({ command: 'x'.repeat(4097) }),
      'config.command: must not be longer than 4096 characters',
    ],
    ['an empty list', start({ fallback_modes: [] }), 'config.fallback_modes: must not be empty'],
    [
      'a list that is too long',
      start({ persist: Array(101).fill('x') }),
      'config.persist: must not have more than 100 entries',
    ],
    ['a number that is too small', [startRequestSchema, { timeout: 29 }], 'timeout: must not be less than 30'],
    ['a number that is too large', start({ port: 70_000 }), 'config.port: must not be more than 65535'],
    ['text instead of a number', [startRequestSchema, { timeout: '300' }], 'timeout: must be a number'],
    ['a fraction instead of a whole number', start({ port: 80.5 }), 'config.port: must be a whole number, such as 20'],
    ['a number instead of text', start({ command: 5 }), 'config.command: must be text'],
    ['text instead of a boolean', start({ supersede: 'yes' }), 'config.supersede: must be true or false'],
    ['text instead of a list', start({ persist: 'bot.db' }), 'config.persist: must be a list: […]'],
    ['null instead of an object', [startRequestSchema, null], ': must be an object: {…}'],
    ['an unknown mode', [startRequestSchema, { mode: 'pip' }], 'mode: must be one of: auto, docker, uv, fallback'],
    ['a source without a type', start({ source: {} }), 'config.source.type: must be one of: directory, git, archive'],
    [
      'a relative path',
      start({ source: { type: 'directory', path: 'my/app' } }),
      'config.source.path: must be absolute (begin with /)',
    ],
    ['an unknown field', start({ colour: 1 }), 'config.colour: is not a known field'],
    ['an invalid Python version', start({ python: '>=3.10' }), 'config.python: must be a version, such as 3.11'],
    [
      'an invalid variable name',
      start({ environment_variables: { 'A-B': 'x' } }),
      'config.environment_variables.A-B: a variable’s name is letters, digits and underscores, and does not begin with a digit',
    ],
    [
      'a change of the kind of a service',
      [patchServiceSchema, { kind: 'web' }],
      'kind: cannot be changed once the service is registered',
    ],
    [
      'an invalid expiry time of a key',
      [newKeySchema, { role: 'read', expires: 'soon' }],
      'expires: must be an ISO 8601 time with Z or an offset, such as 2026-01-31T08:00:00Z',
    ],
    [
      'an invalid policy name of a key',
      [newKeySchema, { role: 'read', policy: 'A b' }],
      'policy: must be a policy’s name: 1-63 of a-z, 0-9 and -',
    ],
    [
      'an invalid policy name in a policy file',
      [policyFileSchema, { 'A b': { rules: [] } }],
      'A b: must be a policy’s name: 1-63 of a-z, 0-9 and -',
    ],
    [
      'an invalid user id in a policy',
      [policyFileSchema, { bot: { rules: [{ users: ['me'], actions: [] }] } }],
      'bot.rules.0.users.0: must be an id of Discord’s: 1 to 32 digits',
    ],
    [
      'an empty user id in a permission query',
      [permissionQuerySchema, { user_id: '', guild_id: '1', action: 'list' }],
      'user_id: must be an id of Discord’s: 1 to 32 digits',
    ],
  ])('the error for %s contains the field and its rule', (_, [schema, value], words) => {
    expect(told(schema, value)).toEqual([words]);
  });

  it('errors of key and permission fields in Chinese contain no text of the validator', () => {
    const wrong = [
      ...told(newKeySchema, { role: 'king', expires: '', policy: '' }, 'zh-TW'),
      ...told(permissionQuerySchema, { user_id: 'x', guild_id: '1 2', action: 'fly', policy: ['a', 'b'] }, 'zh-TW'),
    ];
    expect(wrong).toHaveLength(7);
    for (const words of wrong) expect(words).toMatch(/: 必須是(?!.*(預期|收到|無效|\^))/);
  });

  it('errors of start request fields in Chinese contain no text of the validator', () => {
    const wrong = told(
      startRequestSchema,
      { mode: 1, timeout: '', extra: 1, config: { service: 'A', port: 0, command: '', source: { type: 'git' } } },
      'zh-TW',
    );
    expect(wrong).toHaveLength(7);
    for (const words of wrong) expect(words).not.toMatch(/string|undefined|預期|收到|無效|\^/);
    expect(wrong).toContain('config.source.url: 是必填欄位');
  });
});
