import { expect, it } from '@jest/globals';
import { allServices } from '../../../src/cli/all-services.js';
import type { Client } from '../../../src/cli/client.js';

it('services are read from all pages and sorted by name', async () => {
  const pages: Record<string, { items: { name: string }[]; next?: string }> = {
    first: { items: [{ name: 'c' }, { name: 'a' }], next: 'second' },
    second: { items: [{ name: 'b' }] },
  };
  const page = (_path: string, query: { cursor?: string } = {}) => Promise.resolve(pages[query.cursor ?? 'first']);
  const rows = await allServices({ page: page as unknown as Client['page'] });
  expect(rows.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});
