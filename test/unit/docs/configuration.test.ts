import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configurationPage } from '../../../scripts/configuration-page.js';
import { readConfig } from '../../../src/config.js';

it('docs/configuration.md says what src/config.ts reads (npm run docs writes it)', () => {
  expect(readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')).toBe(configurationPage());
});

it.each([
  ['SLIPWAY_PORT', '80a'],
  ['SLIPWAY_PORT', '0'],
  ['SLIPWAY_MAX_CONCURRENT_DEPLOYMENTS', '0'],
  ['SLIPWAY_SECRET_KEY', 'short'],
  ['SLIPWAY_LANGUAGE', 'de'],
  ['SLIPWAY_HOST_ID', 'a b'],
  ['SLIPWAY_APP_USER', 'nobody'],
])('a wrong %s (%s) is named', (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(new RegExp(name));
});

it('an empty value counts as unset', () => {
  expect(readConfig({ SLIPWAY_PORT: '' }).apiPort).toBe(8088);
});
