// Finds repeated lines when a container's output is read again from the middle: lines that its log already has.
import type { AppLine } from '../instance-log.js';

export interface Repeats {
  /** The time from which the output has to be read again. Undefined means all of it. */
  since?: string;
  /** Returns the lines that aren't written yet. */
  without: (lines: readonly AppLine[]) => AppLine[];
}

/**
 * Compares lines by content, because times aren't enough: the engine stamps both streams separately. So an older line
 * may follow a newer one, and pieces of a cut line have the same time.
 */
export function repeatsOf(written: readonly AppLine[]): Repeats {
  const times = written.map(({ ts }) => ts).sort();
  const [oldest = '', newest = ''] = [times[0], times.at(-1)];
  const left = new Map<string, number>();
  for (const line of written) left.set(keyOf(line), (left.get(keyOf(line)) ?? 0) + 1);

  const isRepeated = (line: AppLine): boolean => {
    if (line.ts > newest) return false;
    if (line.ts < oldest) return true; // the engine reads `since` to the millisecond
    const count = left.get(keyOf(line)) ?? 0;
    left.set(keyOf(line), count - 1);
    return count > 0;
  };
  return {
    ...(oldest !== '' && { since: oldest }),
    without: (lines) => lines.filter((line) => !isRepeated(line)),
  };
}

const keyOf = ({ ts, stream, line }: AppLine): string => JSON.stringify([ts, stream, line]);
