import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY_MS, DEFAULT_RESTART_POLICY, NO_RESTARTS, planRestart } from '../../../src/workflows/restart-policy.js';
import { mostInOneDay, policies, simulate, upTimes, type Restart } from '../../support/restart-schedules.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

function* always(upMs: number): Generator<number> {
  for (;;) yield upMs;
}

const waits = (restarts: readonly Restart[], count: number): number[] =>
  restarts.slice(0, count).map(({ waitMs }) => waitMs);

describe('the back-off of restarts', () => {
  it('the back-off of an app that ends at once doubles from 1 second, and is 5 and then 15 minutes from the fifth failure', () => {
    const restarts = simulate(always(0));
    expect(waits(restarts, 8)).toEqual([1, 2, 4, 8, 300, 900, 900, 900].map((seconds) => seconds * SECOND_MS));
    expect(restarts.slice(0, 6).map(({ pace }) => pace)).toEqual(['quick', 'quick', 'quick', 'quick', 'slow', 'slow']);
  });

  it('the back-off is 1 second again after ten minutes of health', () => {
    const ups = [0, 0, 0, 10 * MINUTE_MS, 0];
    expect(waits(simulate(ups), 5)).toEqual([1000, 2000, 4000, 1000, 2000]);
  });

  it('the back-off doesn’t start again after seven minutes without health', () => {
    const { history } = planRestart(NO_RESTARTS, { upMs: 0, healthyMs: 0 }, DEFAULT_RESTART_POLICY, 0);
    const unwell = { upMs: 7 * MINUTE_MS, healthyMs: 0 };
    expect(planRestart(history, unwell, DEFAULT_RESTART_POLICY, 0).history.failures).toBe(2);
  });

  it('the back-off stays at 1 second for an app whose uptime fits the budget', () => {
    const restarts = simulate(always(8 * MINUTE_MS));
    expect(new Set(restarts.map(({ waitMs }) => waitMs))).toEqual(new Set([1000]));
    expect(mostInOneDay(restarts)).toBeLessThanOrEqual(DEFAULT_RESTART_POLICY.maxPerDay);
  });

  it('the back-off is never longer than the maximum of the request', () => {
    const policy = { maxPerDay: 1000, backoffMaxMs: 3000 };
    expect(waits(simulate(always(0), policy), 7)).toEqual([1000, 2000, 3000, 3000, 3000, 3000, 3000]);
  });

  it.each([15, 60, 85, 300])('a bot that ends after %i s each time never exhausts its budget', (seconds) => {
    const restarts = simulate(always(seconds * SECOND_MS));
    expect(restarts.filter(({ pace }) => pace === 'budget_spent').length).toBe(0);
    expect(mostInOneDay(restarts)).toBeLessThanOrEqual(DEFAULT_RESTART_POLICY.maxPerDay);
  });
});

describe('the restart budget', () => {
  it('the restarts within any 24 hours never exceed the budget', () => {
    fc.assert(
      fc.property(upTimes, policies, (ups, policy) => {
        expect(mostInOneDay(simulate(ups, policy))).toBeLessThanOrEqual(policy.maxPerDay);
      }),
    );
  });

  it('the budget also limits an app that is always healthy for ten minutes before it ends', () => {
    const policy = { maxPerDay: 20, backoffMaxMs: 15 * MINUTE_MS };
    const restarts = simulate(always(10 * MINUTE_MS), policy);
    expect(mostInOneDay(restarts)).toBe(20);
    expect(restarts.map(({ pace }) => pace)).toContain('budget_spent');
  });

  it('the wait before a restart never exceeds the maximum back-off while the budget isn’t exhausted', () => {
    fc.assert(
      fc.property(upTimes, policies, (ups, policy) => {
        for (const { pace, waitMs } of simulate(ups, policy))
          if (pace !== 'budget_spent') expect(waitMs).toBeLessThanOrEqual(policy.backoffMaxMs);
      }),
    );
  });

  it('the wait for an exhausted budget is at most a day', () => {
    fc.assert(
      fc.property(upTimes, policies, (ups, policy) => {
        for (const { waitMs } of simulate(ups, policy)) expect(waitMs).toBeLessThanOrEqual(DAY_MS);
      }),
    );
  });
});
