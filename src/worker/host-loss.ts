// Detects lost hosts by heartbeats that no longer change. It never compares the clocks of two machines.

/**
 * The time without a new beat after which a host is lost. A host beats every 2 s. A restart of its worker takes
 * seconds, and a start of the machine may take longer than this. Together with the time between two checks, a host is
 * lost after a minute.
 */
const LOST_AFTER_MS = 50_000;
/**
 * The longest time between two checks. After a longer gap, for example because Temporal was away, the time starts
 * again.
 */
const LONGEST_GAP_MS = 20_000;

/**
 * Returns true if a host has had no new beat for so long, with regular checks in between. Rejects if the check fails.
 */
export type LossFinder = (hostId: string) => Promise<boolean>;

export interface LossDeps {
  /** Returns the time of a host's last beat, by any clock, or undefined if there is none. */
  lastBeat: (hostId: string) => Promise<number | undefined>;
  lostAfterMs?: number;
  /** The time of a clock that can't be set. */
  nowMs?: () => number;
}

interface ObservedBeat {
  beat: number | undefined;
  sinceMs: number;
  askedMs: number;
}

export function createLossFinder({
  lastBeat,
  lostAfterMs = LOST_AFTER_MS,
  nowMs = () => performance.now(),
}: LossDeps): LossFinder {
  const lastBeats = new Map<string, ObservedBeat>();
  return async (hostId) => {
    const beat = await lastBeat(hostId);
    const askedMs = nowMs();
    const before = lastBeats.get(hostId);
    const isStill = before?.beat === beat && before !== undefined && askedMs - before.askedMs <= LONGEST_GAP_MS;
    const sinceMs = isStill ? before.sinceMs : askedMs;
    lastBeats.set(hostId, { beat, sinceMs, askedMs });
    return askedMs - sinceMs >= lostAfterMs;
  };
}
