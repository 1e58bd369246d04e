import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorsPage } from '../../../scripts/errors-page.js';

it('docs/reference/errors.md lists the error codes (npm run docs writes it)', () => {
  expect(readFileSync(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8')).toBe(errorsPage());
});
