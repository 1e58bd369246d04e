import { expect, it } from 'vitest';
import { startRequestSchema } from '../../../src/contract/requests.js';
import { warningsOf } from '../../../src/contract/warnings.js';

const warnings = (body: object) => warningsOf(startRequestSchema.parse(body));
const resources = { memory_mb: 256 };

it('limits of resources leave out the modes without a container, which is told at once', () => {
  expect(warnings({ config: { resources } })).toEqual([
    { path: 'config.resources', text: 'warning.resources', params: { modes: 'uv, fallback' } },
  ]);
  expect(warnings({ mode: 'docker', config: { resources, fallback_modes: ['uv'] } })).toMatchObject([
    { params: { modes: 'uv' } },
  ]);
});

it('there is nothing to warn of where docker alone is tried, or nothing is limited', () => {
  expect(warnings({ mode: 'docker', config: { resources } })).toEqual([]);
  expect(warnings({})).toEqual([]);
});

it('a plain value of a name that looks like a secret is told, and others are not', () => {
  const environment_variables = {
    STAGE: { value: 'production', secret: false },
    API_TOKEN: { value: 'public', secret: false },
    DISCORD_TOKEN: 'hidden',
    OTHER_KEY: { value: 'hidden' },
  };
  expect(warnings({ config: { environment_variables } })).toEqual([
    {
      path: 'config.environment_variables.API_TOKEN',
      text: 'warning.plain_secret',
      params: { name: 'API_TOKEN' },
    },
  ]);
});

it('variables are texts inside, whoever gave them how, and those that are no secrets are named', () => {
  const environment_variables = { STAGE: { value: 'production', secret: false }, A: 'b', C: { value: 'd' } };
  expect(startRequestSchema.parse({ config: { environment_variables } }).config).toMatchObject({
    environment_variables: { STAGE: 'production', A: 'b', C: 'd' },
    plain_variables: ['STAGE'],
  });
  expect(startRequestSchema.parse({ config: { environment_variables: { A: 'b' } } }).config).not.toHaveProperty(
    'plain_variables',
  );
});
