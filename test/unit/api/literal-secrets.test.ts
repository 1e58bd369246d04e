import { expect, it } from '@jest/globals';
import { literalSecrets } from '../../../src/api/literal-secrets.js';
import { startRequestSchema } from '../../../src/contract/requests.js';

const VALUE = 'p/ss w0rd+%';
const git = { type: 'git', url: 'https://git.example.com/team/x.git' };
const found = (config: object, rest: object = {}): string[] =>
  literalSecrets(startRequestSchema.parse({ config, ...rest })).map(({ path, name }) => `${path} ${name}`);

it.each<[string, object, object?]>([
  ['config.command', { command: `python bot.py --token '${VALUE}'` }],
  ['config.release_command', { release_command: `login ${VALUE}` }],
  ['config.health_check.path', { health_check: { path: `/up?key=${encodeURIComponent(VALUE)}` } }],
  ['config.source.url', { source: { ...git, url: `https://git.example.com/${encodeURIComponent(VALUE)}/x.git` } }],
  ['config.source.path', { source: { type: 'directory', path: `/srv/${VALUE}` } }],
  ['config.persist.0', { persist: [VALUE.replaceAll('+', '+')] }],
  ['metadata.note.deep.0', {}, { metadata: { note: { deep: [`it is ${VALUE}`] } } }],
  ['metadata', {}, { metadata: { [VALUE]: 1 } }],
])('a secret in the literal text of %s is reported with its variable', (path, config, rest = {}) => {
  expect(found({ environment_variables: { API_KEY: VALUE }, ...config }, rest)).toEqual([`${path} API_KEY`]);
});

it.each(['DISCORD_TOKEN', 'api_key', 'DB_PASSWORD', 'SECRET', 'githubToken', 'SENTRY_DSN', 'AWS_SECRET_ACCESS_KEY'])(
  'the value of %s is a secret',
  (name) => {
    const at = [`config.command ${name}`];
    expect(found({ environment_variables: { [name]: 'abcdefgh1' }, command: 'run abcdefgh1' })).toEqual(at);
  },
);

it.each(['STAGE', 'AUTHOR', 'GIT_COMMIT', 'DATABASE_URL'])(
  'the value of %s isn’t a secret and can be used anywhere',
  (name) => {
    expect(found({ environment_variables: { [name]: 'production' }, command: 'run production' })).toEqual([]);
  },
);

it('the password in a URL is a secret regardless of the name of the variable', () => {
  const environment_variables = { DATABASE_URL: 'postgres://app:hunter2hunter2@db/app' };
  expect(found({ environment_variables, command: 'psql --password hunter2hunter2' })).toHaveLength(1);
  expect(found({ environment_variables, command: 'psql -h db app' })).toEqual([]);
});

it('the token of a git source is a secret', () => {
  const source = { ...git, token: 'ghp_0123456789' };
  expect(found({ source, command: 'TOKEN=ghp_0123456789 run' })).toEqual(['config.command config.source.token']);
  expect(found({ source, command: 'run' })).toEqual([]);
});

it('a reference to a variable isn’t a literal secret, and very short values aren’t reported', () => {
  expect(found({ environment_variables: { API_KEY: VALUE }, command: 'run --key "$API_KEY"' })).toEqual([]);
  expect(found({ environment_variables: { API_KEY: 'short' }, command: 'run short' })).toEqual([]);
});

it('a build variable is a secret, even if an environment variable has the same name', () => {
  const config = { environment_variables: { TOKEN: 'for-the-app' }, build_variables: { TOKEN: 'for-the-build' } };
  expect(found({ ...config, command: 'run for-the-build' })).toEqual(['config.command TOKEN']);
  expect(found({ ...config, command: 'run' })).toEqual([]);
});
