import { expect, it } from '@jest/globals';
import { durationMs } from '../../../src/contract/durations.js';

it.each([
  ['1s', 1000],
  ['90s', 90_000],
  ['15m', 900_000],
  ['24h', 86_400_000],
])('the duration %s is parsed as %i ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

it.each(['', '15', 'm', '1.5m', '-1s', '15 m', '15M', '1d', '1234567s', '15m ', '15m1s'])(
  'the duration %j isn’t valid',
  (text) => {
    expect(durationMs(text)).toBeUndefined();
  },
);
