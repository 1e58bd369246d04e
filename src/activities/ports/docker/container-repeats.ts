// What a container's output repeats when it is read again from the middle: lines that stand in its log already.
import type { AppLine } from '../instance-log.js';

export interface Repeats {
  /** From when on the output has to be read again; undefined: all of it. */
  since?: string;
  /** The lines that are not written yet. */
  without: (lines: readonly AppLine[]) => AppLine[];
}

/**
 * By what the lines say, as their times don't tell: the engine stamps both streams on its own, so that an older line may
 * come after a newer one, and pieces of a cut line have one time.
 */
export function repeatsOf(written: readonly AppLine[]): Repeats {
  const times = written.map(({ ts }) => ts).sort();
  const [oldest = '', newest = ''] = [times[0], times.at(-1)];
  const left = new Map<string, number>();
  for (const line of written) left.set(keyOf(line), (left.get(keyOf(line)) ?? 0) + 1);

  const isRepeated = (line: AppLine): boolean => {
    if (line.ts > newest) return false;
    if (line.ts < oldest) return true; // the engine takes `since` to the millisecond
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
