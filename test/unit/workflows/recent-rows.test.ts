import { expect, it } from '@jest/globals';
import { rowOf, type ServiceRow } from '../../../src/contract/views.js';
import { RecentRows } from '../../../src/workflows/recent-rows.js';
import { newService, serviceView } from '../../../src/workflows/service-state.js';

const row = (name: string, changes: Partial<ServiceRow> = {}): ServiceRow => ({
  ...rowOf(serviceView(newService(name, '2026-01-01T00:00:00.000Z'))),
  ...changes,
});
const namesOf = (recent: RecentRows): string[] => recent.record.rows.map(({ name }) => name);

it('the 100 rows that changed last are kept in the order of their changes', () => {
  const recent = new RecentRows();
  for (let n = 0; n < 120; n += 1) recent.put(row(`s${n}`));
  recent.put(row('s50', { restarts: 1 }));
  expect(namesOf(recent)).toHaveLength(100);
  expect(namesOf(recent)[0]).toBe('s20');
  expect(namesOf(recent).slice(-2)).toEqual(['s119', 's50']);
});

it('fewer rows are kept if the rows are large', () => {
  const recent = new RecentRows();
  for (let n = 0; n < 20; n += 1) recent.put(row(`s${n}`, { persist: ['x'.repeat(50_000)] }));
  expect(namesOf(recent)).toEqual(['s16', 's17', 's18', 's19']);
  recent.put(row('huge', { persist: ['x'.repeat(300_000)] }));
  expect(namesOf(recent)).toEqual([]);
});

it('a removed service is listed as removed until it returns', () => {
  const recent = new RecentRows();
  recent.put(row('shop'));
  recent.leave('shop');
  expect(recent.record).toEqual({ rows: [], left: ['shop'] });
  recent.put(row('shop'));
  expect(recent.record).toMatchObject({ rows: [{ name: 'shop' }], left: [] });
});
