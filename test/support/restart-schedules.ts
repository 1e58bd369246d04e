// Apps that end on a schedule, and how often the restart policy starts them: for its property tests and its figures.
import fc from 'fast-check';
import type { RestartPolicy } from '../../src/contract/steps.js';
import {
  DAY_MS,
  DEFAULT_RESTART_POLICY,
  NO_RESTARTS,
  planRestart,
  withStart,
  type Pace,
} from '../../src/workflows/restart-policy.js';

const SECOND_MS = 1000;

export interface Restart {
  startedAtMs: number;
  waitMs: number;
  pace: Pace;
}

/** Runs an app that is up for each of these durations in turn, and healthy for all of it, until the horizon. */
export function simulate(upMs: Iterable<number>, policy = DEFAULT_RESTART_POLICY, horizonMs = 3 * DAY_MS): Restart[] {
  const restarts: Restart[] = [];
  let history = NO_RESTARTS;
  let nowMs = 1_700_000_000_000;
  const endMs = nowMs + horizonMs;
  for (const up of upMs) {
    nowMs += up;
    const plan = planRestart(history, { upMs: up, healthyMs: up }, policy, nowMs);
    nowMs += plan.waitMs;
    if (nowMs > endMs) break;
    history = withStart(plan.history, nowMs);
    restarts.push({ startedAtMs: nowMs, waitMs: plan.waitMs, pace: plan.history.pace });
  }
  return restarts;
}

export const mostInOneDay = (restarts: readonly Restart[]): number =>
  Math.max(
    0,
    ...restarts.map(
      ({ startedAtMs: from }) =>
        restarts.filter(({ startedAtMs }) => startedAtMs >= from && startedAtMs < from + DAY_MS).length,
    ),
  );

export const policies: fc.Arbitrary<RestartPolicy> = fc.record({
  maxPerDay: fc.integer({ min: 1, max: 60 }),
  backoffMaxMs: fc.integer({ min: SECOND_MS, max: DAY_MS }),
});

export const upTimes = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 20 * SECOND_MS }), fc.integer({ min: 0, max: DAY_MS })),
  { minLength: 1, maxLength: 300 },
);
