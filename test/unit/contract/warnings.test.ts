import { expect, it } from '@jest/globals';
import { startRequestSchema } from '../../../src/contract/requests.js';
import { warningsOf } from '../../../src/contract/warnings.js';

const warnings = (body: object) => warningsOf(startRequestSchema.parse(body));
const resources = { memory_mb: 256 };

it('limits of resources cause a warning with the modes that can’t apply the limits', () => {
  expect(warnings({ config: { resources } })).toEqual([
    { path: 'config.resources', text: 'warning.resources', params: { modes: 'uv, fallback' } },
  ]);
  expect(warnings({ mode: 'docker', config: { resources, fallback_modes: ['uv'] } })).toMatchObject([
    { params: { modes: 'uv' } },
  ]);
});

it('a request for docker mode only or without limits causes no warning', () => {
  expect(warnings({ mode: 'docker', config: { resources } })).toEqual([]);
  expect(warnings({})).toEqual([]);
});

it('an unsealed variable whose name looks like a secret causes a warning', () => {
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

it('variables are parsed to strings in each input form, and the names of plain variables are listed', () => {
  const environment_variables = { STAGE: { value: 'production', secret: false }, A: 'b', C: { value: 'd' } };
  expect(startRequestSchema.parse({ config: { environment_variables } }).config).toMatchObject({
    environment_variables: { STAGE: 'production', A: 'b', C: 'd' },
    plain_variables: ['STAGE'],
  });
  expect(startRequestSchema.parse({ config: { environment_variables: { A: 'b' } } }).config).not.toHaveProperty(
    'plain_variables',
  );
});
