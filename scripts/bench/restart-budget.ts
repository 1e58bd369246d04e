// How much of its budget of restarts an app uses up in any 24 hours at worst, whatever the schedule of its ends.
import fc from 'fast-check';
import { mostInOneDay, policies, simulate, upTimes } from '../../test/support/restart-schedules.js';
import { DEFAULT_RESTART_POLICY } from '../../src/workflows/restart-policy.js';
import type { Measurement, Taken } from './measure.js';

const SCHEDULES = 2_000;

export const restartBudget: Measurement[] = [
  { name: 'restart_budget', unit: 'x', limit: 1, slots: 3, take: () => Promise.resolve(worst()) },
];

/** Each schedule is gone through again and again for three days. Half of them have the policy of a request without one. */
function worst(): Taken {
  const schedules = fc.tuple(upTimes, fc.oneof(fc.constant(DEFAULT_RESTART_POLICY), policies));
  const tried = fc.sample(schedules, SCHEDULES).map(([ups, policy]) => {
    const most = mostInOneDay(simulate(repeated(ups), policy));
    return { most, of: policy.maxPerDay, share: most / policy.maxPerDay };
  });
  const value = Math.max(...tried.map(({ share }) => share));
  const { most, of } = tried.reduce((a, b) => (b.share > a.share || (b.share === a.share && b.of > a.of) ? b : a));
  const spent = tried.filter(({ share }) => share >= 1).length;
  return { value, note: `at worst ${most} starts of ${of}; ${SCHEDULES} schedules, ${spent} spend their budget` };
}

function* repeated(ups: readonly number[]): Generator<number> {
  for (;;) yield* ups;
}
