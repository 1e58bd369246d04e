// Stops a tool that exceeds the size limit of a source, or fills the disk. git has no option for this.
import { setTimeout as delay } from 'node:timers/promises';
import { SlipwayError } from '../../contract/errors.js';
import { judgeTotals, MAX_SOURCE_BYTES, MAX_SOURCE_ENTRIES } from '../../contract/source-limits.js';
import { assertRoom } from '../disk-errors.js';
import type { DiskPort } from '../ports/disk-port.js';

/** The time between two checks. A disk takes some hundred MB in this time, which is small beside the limit. */
const LOOK_EVERY_MS = 500;
/** A commit is stored twice: packed, and as files. Git's own entries are about ten. */
const MOST_BYTES = 2 * MAX_SOURCE_BYTES;
const MOST_ENTRIES = MAX_SOURCE_ENTRIES + 1000;

export interface Watched {
  disk: Pick<DiskPort, 'measureTree' | 'freeBytes'>;
  folder: string;
  /** Ends the work, too. */
  signal: AbortSignal;
}

/** Runs work with a signal that fires, with the error as its reason, as soon as the folder exceeds the limit. */
export async function whileWithin<T>(watched: Watched, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const ended = new AbortController();
  const watching = watch(watched, ended.signal).catch((error: unknown) => {
    over.abort(error);
  });
  try {
    return await work(AbortSignal.any([watched.signal, over.signal]));
  } finally {
    ended.abort();
    await watching;
  }
}

/** Throws if the folder exceeds the limit. */
async function watch({ disk, folder }: Watched, ended: AbortSignal): Promise<void> {
  for (;;) {
    await delay(LOOK_EVERY_MS, undefined, { signal: ended, ref: false }).catch(() => undefined); // the work has ended
    if (ended.aborted) return;
    const { entries, bytes } = await disk.measureTree(folder, { entries: MOST_ENTRIES, bytes: MOST_BYTES });
    const isOver = entries > MOST_ENTRIES || bytes > MOST_BYTES;
    const tooMuch = isOver && judgeTotals({ entries, bytes });
    if (tooMuch) throw new SlipwayError('source_invalid', tooMuch);
    assertRoom(await disk.freeBytes(folder));
  }
}
