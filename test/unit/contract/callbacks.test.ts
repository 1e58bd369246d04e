import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DELIVERED_WITHIN_MS, nextTry, type CallbackBody } from '../../../src/contract/callbacks.js';

const timestamp = '2026-01-02T03:04:05.000Z';
const beganMs = Date.parse(timestamp);
const told = (attempts: number) => ({ body: { timestamp } as CallbackBody, attempts });

it('a callback is retried for 72 hours, with a last attempt at the end', () => {
  let nowMs = beganMs;
  let tries = 0;
  for (let attempts = 1; ; attempts += 1) {
    const dueMs = nextTry(told(attempts), nowMs);
    if (dueMs === undefined) break;
    expect(dueMs).toBeGreaterThan(nowMs);
    nowMs = dueMs;
    tries += 1;
  }
  expect(nowMs).toBe(beganMs + DELIVERED_WITHIN_MS);
  expect(tries).toBeGreaterThan(400);
});

it('the wait before a retry is at least as long as requested, and never exceeds the end of the 72 hours', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 0, max: DELIVERED_WITHIN_MS - 1 }),
      fc.integer({ min: 0, max: 2 * DELIVERED_WITHIN_MS }),
      (attempts, passedMs, askedMs) => {
        const nowMs = beganMs + passedMs;
        const dueMs = nextTry(told(attempts), nowMs, askedMs)!;
        expect(dueMs).toBeGreaterThanOrEqual(Math.min(nowMs + askedMs, beganMs + DELIVERED_WITHIN_MS));
        expect(dueMs).toBeLessThanOrEqual(beganMs + DELIVERED_WITHIN_MS);
      },
    ),
  );
});

it('the first retries of a callback follow within seconds, and later retries every ten minutes', () => {
  const waits = [1, 2, 3, 4, 20].map((attempts) => nextTry(told(attempts), beganMs)! - beganMs);
  expect(waits).toEqual([1000, 2000, 4000, 8000, 600_000]);
});
