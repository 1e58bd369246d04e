// Decides when an app that ended is started again. Pure: no SDK, no clock. Property-tested.
import type { RestartPolicy } from '../contract/steps.js';

const MINUTE_MS = 60_000;
export const DAY_MS = 24 * 60 * MINUTE_MS;
/** An app that was healthy for this long has recovered: its next end counts as the first. */
const RECOVERED_MS = 10 * MINUTE_MS;
/**
 * The waits after the first, second, … consecutive failure. After the last of them, the wait is the policy's longest
 * back-off.
 */
const BACKOFFS_MS = [1000, 2000, 4000, 8000, 5 * MINUTE_MS];
/** From the fifth consecutive failure on, the service is in `error`, and its starts are slow. */
const FAILURES_TO_SLOW_DOWN = 5;

/** The defaults protect a Discord bot, whose token is reset after 1,000 starts in a day. */
export const DEFAULT_RESTART_POLICY: RestartPolicy = { maxPerDay: 200, backoffMaxMs: 15 * MINUTE_MS };

/** `quick`: after a short back-off. `slow`: the app keeps failing. `budget_spent`: the day has no restarts left. */
export type Pace = 'quick' | 'slow' | 'budget_spent';

export interface RestartHistory {
  /** The pace of the last restart. */
  pace: Pace;
  /** Consecutive ends, each too soon after its start. */
  failures: number;
  /** The wait before the last start. */
  backoffMs: number;
  /** The restarts of the last 24 hours in epoch ms, oldest first. All use Temporal's clock. */
  startsMs: number[];
}

export const NO_RESTARTS: RestartHistory = { pace: 'quick', failures: 0, backoffMs: 0, startsMs: [] };

/** How an instance ended. Its own host measured the durations. */
export interface Run {
  upMs: number;
  /** The time for which it had been healthy without a break. */
  healthyMs: number;
}

export interface RestartPlan {
  waitMs: number;
  history: RestartHistory;
}

/**
 * Plans the next start of an app that ended at `nowMs`. The back-off grows with each consecutive failure, until the
 * whole day's cycles of back-off and uptime fit into the day's budget.
 */
export function planRestart(before: RestartHistory, run: Run, policy: RestartPolicy, nowMs: number): RestartPlan {
  const startsMs = startsOfDay(before.startsMs, nowMs);
  const failures = failuresAfter(afterHealth(before, run.healthyMs), run.upMs, policy);
  const backoffMs = Math.min(policy.backoffMaxMs, BACKOFFS_MS[failures - 1] ?? policy.backoffMaxMs);
  const budgetMs = untilBudgetMs(startsMs, policy, nowMs);
  const pace = budgetMs > backoffMs ? 'budget_spent' : failures >= FAILURES_TO_SLOW_DOWN ? 'slow' : 'quick';
  return { waitMs: Math.max(backoffMs, budgetMs), history: { pace, failures, backoffMs, startsMs } };
}

/** Resets the consecutive failures after ten minutes of health. Earlier starts still count for their day. */
export function afterHealth(history: RestartHistory, healthyMs: number): RestartHistory {
  return healthyMs >= RECOVERED_MS ? { ...NO_RESTARTS, startsMs: history.startsMs } : history;
}

function failuresAfter({ failures, backoffMs }: RestartHistory, upMs: number, policy: RestartPolicy): number {
  if (failures === 0) return 1;
  const fitsBudget = Math.max(0, upMs) + backoffMs >= DAY_MS / policy.maxPerDay;
  return fitsBudget ? failures : failures + 1;
}

/** Returns the wait until another start is within the budget of any 24 hours. */
function untilBudgetMs(startsMs: readonly number[], { maxPerDay }: RestartPolicy, nowMs: number): number {
  const oldestThatCounts = startsMs.at(-maxPerDay);
  return startsMs.length < maxPerDay || oldestThatCounts === undefined ? 0 : oldestThatCounts + DAY_MS - nowMs;
}

export function withStart(history: RestartHistory, nowMs: number): RestartHistory {
  return { ...history, startsMs: [...startsOfDay(history.startsMs, nowMs), nowMs] };
}

const startsOfDay = (startsMs: readonly number[], nowMs: number): number[] =>
  startsMs.filter((startMs) => startMs > nowMs - DAY_MS);
