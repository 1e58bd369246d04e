// Limits the number of refusals that get their own audit entry, so that a flood can't fill the disk or hide other
// refusals.
import { RecentMap } from './recent-map.js';

const WINDOW_MS = 60_000;
/** The entries per origin and minute. Further refusals by the same origin are counted. */
const LINES_PER_ORIGIN = 60;
/** The entries per minute for all origins, about 50 MB a day. */
const LINES_IN_ALL = 120;
/** The maximum number of origins (addresses or keys) to count. */
const MOST_ORIGINS = 10_000;

interface Count {
  sinceMs: number;
  lines: number;
  suppressed: number;
}

export interface RefusalBudget {
  /**
   * Returns undefined if the refusal gets no entry. Otherwise returns the number of refusals without an entry since the
   * previous entry: of this origin, and of origins that had no entry.
   */
  take(origin: string): number | undefined;
}

export function createRefusalBudget(nowMs: () => number = Date.now): RefusalBudget {
  const origins = new RecentMap<Count>(MOST_ORIGINS);
  let all: Count = fresh(0);
  /** Refusals of origins that had no entry because the limit for all origins was reached. */
  let unnamed = 0;

  function fresh(suppressed: number): Count {
    return { sinceMs: nowMs(), lines: 0, suppressed };
  }
  const current = (count: Count): Count => (nowMs() - count.sinceMs < WINDOW_MS ? count : fresh(count.suppressed));

  return {
    take(origin) {
      const own = current(origins.get(origin) ?? fresh(0));
      all = current(all);
      origins.set(origin, own);
      if (own.lines >= LINES_PER_ORIGIN) {
        own.suppressed += 1;
        return undefined;
      }
      if (all.lines >= LINES_IN_ALL) {
        unnamed += 1;
        return undefined;
      }
      own.lines += 1;
      all.lines += 1;
      const suppressed = own.suppressed + unnamed;
      own.suppressed = 0;
      unnamed = 0;
      return suppressed;
    },
  };
}
