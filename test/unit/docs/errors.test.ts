import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { errorsPage } from '../../../scripts/errors-page.js';

it('docs/reference/errors.md is the same as the generated page', () => {
  expect(readFileSync(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8')).toBe(errorsPage());
});
