// Decisions as pure functions: no SDK, no clock. Property-tested.

/** An exit this soon after the start means that the app can't run at all. */
const QUICK_EXIT_MS = 10_000;
const QUICK_EXITS_TO_GIVE_UP = 5;
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 60_000;
/** An app that stayed up this long has recovered: the next exit has the first backoff again. */
const STEADY_MS = 60_000;

export interface RestartCount {
  /** Exits since the app last stayed up for long. */
  falls: number;
  /** Consecutive exits soon after their start. */
  quickExits: number;
}

export type RestartDecision =
  { kind: 'restart'; afterMs: number; count: RestartCount } | { kind: 'give_up'; count: RestartCount };

export const NO_FALLS: RestartCount = { falls: 0, quickExits: 0 };

/** Decides whether to restart an app that exited `upMs` after its start. */
export function decideRestart(before: RestartCount, upMs: number): RestartDecision {
  const count = {
    falls: upMs >= STEADY_MS ? 1 : before.falls + 1,
    quickExits: upMs < QUICK_EXIT_MS ? before.quickExits + 1 : 0,
  };
  if (count.quickExits >= QUICK_EXITS_TO_GIVE_UP) return { kind: 'give_up', count };
  return { kind: 'restart', afterMs: backoffMs(count.falls), count };
}

/** Returns 1 s, doubling up to 60 s. */
export function backoffMs(falls: number): number {
  return Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.max(0, Math.min(falls, 32) - 1));
}

/** Returns the releases to remove: all but the newest `kept` and the active one. The order is oldest first. */
export function releasesToDrop<T extends { release: string }>(
  releases: readonly T[],
  active: string | null,
  kept: number,
): T[] {
  return releases.slice(0, Math.max(0, releases.length - kept)).filter(({ release }) => release !== active);
}
