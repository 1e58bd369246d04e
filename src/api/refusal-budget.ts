// How many refusals leave a line of their own: a flood fills no disk, and hides no other refusal of the day.
import { RecentMap } from './recent-map.js';

const WINDOW_MS = 60_000;
/** One caller who tries keys or services is seen by a few lines; all others are counted. */
const LINES_PER_ORIGIN = 60;
/** About 50 MB in a day. */
const LINES_IN_ALL = 120;
/** Origins whose lines are counted: an address or key each. */
const MOST_ORIGINS = 10_000;

interface Count {
  sinceMs: number;
  lines: number;
  suppressed: number;
}

export interface RefusalBudget {
  /** How many of the origin and, where it had none, of all left no line since the line before; undefined: no line now. */
  take(origin: string): number | undefined;
}

export function createRefusalBudget(nowMs: () => number = Date.now): RefusalBudget {
  const origins = new RecentMap<Count>(MOST_ORIGINS);
  let all: Count = fresh(0);
  /** Of origins that were forgotten, or that never had a line. */
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
