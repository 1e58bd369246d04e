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
