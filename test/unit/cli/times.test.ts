import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { clock, clockMs, timeWanted } from '../../../src/cli/times.js';

const { TZ } = process.env;
const inZone = (zone: string): void => {
  process.env.TZ = zone;
};
beforeAll(() => {
  inZone('Asia/Taipei');
});
afterAll(() => {
  if (TZ === undefined) delete process.env.TZ;
  else process.env.TZ = TZ;
});

const NOW = Date.parse('2026-11-29T12:00:00.000Z');

it('times are displayed in the local time zone with its offset', () => {
  expect(clock('2026-11-29T11:00:05.678Z')).toBe('2026-11-29 19:00:05+08:00');
  expect(clockMs('2026-11-29T11:00:05.678Z')).toBe('2026-11-29 19:00:05.678+08:00');
  expect(clock(null)).toBe('');
  inZone('America/St_Johns');
  expect(clock('2026-11-29T11:00:05.678Z')).toBe('2026-11-29 07:30:05-03:30');
  inZone('UTC');
  expect(clock('2026-11-29T11:00:05.678Z')).toBe('2026-11-29 11:00:05Z');
  inZone('Asia/Taipei');
});

it.each([
  ['30s', '2026-11-29T11:59:30.000Z'],
  ['10m', '2026-11-29T11:50:00.000Z'],
  ['2h', '2026-11-29T10:00:00.000Z'],
  ['1d', '2026-11-28T12:00:00.000Z'],
  ['2026-11-29 19:00:00', '2026-11-29T11:00:00.000Z'],
  ['2026-11-29T19:00', '2026-11-29T11:00:00.000Z'],
  ['2026-11-29', '2026-11-28T16:00:00.000Z'],
  ['2026-11-29T10:00:00Z', '2026-11-29T10:00:00.000Z'],
  ['2026-11-29 19:00:05.678+08:00', '2026-11-29T11:00:05.678Z'], // as it was shown
])('the argument %s is parsed as the time %s', (text, time) => {
  expect(timeWanted(text, NOW)).toBe(time);
});

it.each(['', '10', '10 m', '1w', 'yesterday', '2026-02-30', '2026-13-01', '2026-11-29 25:00', '29.11.2026'])(
  'the argument %j isn’t a valid time',
  (text) => {
    expect(() => timeWanted(text, NOW)).toThrow('10m');
  },
);
