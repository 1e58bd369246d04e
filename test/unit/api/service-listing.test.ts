import { expect, it } from '@jest/globals';
import { refreshed, tellingModes, unlisted } from '../../../src/api/service-listing.js';
import { rowOf, type ServiceRow } from '../../../src/contract/views.js';
import { newService, serviceView } from '../../../src/workflows/service-state.js';

const NOW_MS = Date.parse('2026-01-01T00:10:00.000Z');
const at = (secondsAgo: number): string => new Date(NOW_MS - secondsAgo * 1000).toISOString();
const row = (name: string, changes: Partial<ServiceRow> = {}): ServiceRow => ({
  ...rowOf(serviceView(newService(name, at(600)))),
  ...changes,
});
const namesOf = (rows: readonly ServiceRow[]): string[] => rows.map(({ name }) => name);

it('the newer row of a service is listed, and a removed service isn’t listed', () => {
  const listed = [row('shop', { updated_at: at(20), restarts: 1 }), row('bot', { updated_at: at(5) }), row('gone')];
  const recent = {
    rows: [row('shop', { updated_at: at(10), restarts: 2 }), row('bot', { updated_at: at(9), restarts: 9 })],
    left: ['gone'],
    areAll: false,
  };
  expect(refreshed(listed, recent).map(({ name, restarts }) => [name, restarts])).toEqual([
    ['shop', 2],
    ['bot', 0],
  ]);
});

it('only services that were created in the last minute are added to the list of Temporal', () => {
  const recent = {
    rows: [
      row('old'),
      row('new', { created_at: at(3) }),
      row('listed', { created_at: at(3) }),
      row('b-new', { created_at: at(1) }),
    ],
    left: [],
    areAll: false,
  };
  expect(namesOf(unlisted([row('listed')], recent, [], NOW_MS))).toEqual(['new', 'b-new']);
  expect(namesOf(unlisted([row('listed')], recent, [['b-*']], NOW_MS))).toEqual(['b-new']);
});

it('a row of an older version without a mode is replaced by the row from Temporal', () => {
  const [told, begun] = [row('told', { active_release: 'auto_1', mode: 'docker' }), row('begun')];
  const isWhole = { rows: [told, begun], left: [], areAll: true };
  expect(tellingModes(isWhole)).toBe(isWhole);
  const untold = row('untold', { active_release: 'auto_2' });
  const listed = [{ ...untold, mode: 'docker' as const }];
  const recent = tellingModes({ rows: [told, untold], left: [], areAll: true });
  expect(recent).toEqual({ rows: [told], left: [], areAll: false });
  expect(refreshed(listed, recent)).toEqual(listed);
});
