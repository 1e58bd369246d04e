// Which hosts are lost: by their beats, which stand still. No clocks of two machines are compared.

/**
 * A host beats every 2 s. A restart of its worker takes seconds, a start of the machine perhaps more than this. With the
 * time between two looks it is a minute.
 */
const LOST_AFTER_MS = 50_000;
/** Beats that were not looked at for so long may have come, or not, for any reason: Temporal may have been away. */
const LONGEST_GAP_MS = 20_000;

/** Whether a host has been silent for so long, in which it was asked for again and again. Rejects when it can't be told. */
export type LossFinder = (hostId: string) => Promise<boolean>;

export interface LossDeps {
  /** When a host beat last, by any clock; undefined where nothing is known of it. */
  lastBeat: (hostId: string) => Promise<number | undefined>;
  lostAfterMs?: number;
  /** Of a clock that nobody sets. */
  nowMs?: () => number;
}

interface Heard {
  beat: number | undefined;
  sinceMs: number;
  askedMs: number;
}

export function createLossFinder({
  lastBeat,
  lostAfterMs = LOST_AFTER_MS,
  nowMs = () => performance.now(),
}: LossDeps): LossFinder {
  const heard = new Map<string, Heard>();
  return async (hostId) => {
    const beat = await lastBeat(hostId);
    const askedMs = nowMs();
    const before = heard.get(hostId);
    const isStill = before?.beat === beat && before !== undefined && askedMs - before.askedMs <= LONGEST_GAP_MS;
    const sinceMs = isStill ? before.sinceMs : askedMs;
    heard.set(hostId, { beat, sinceMs, askedMs });
    return askedMs - sinceMs >= lostAfterMs;
  };
}
