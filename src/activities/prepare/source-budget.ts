// Counts the size of a source while it is copied, so that all kinds of sources have the same limits and none fills the
// disk.
import { fitsFileSystem } from '../../contract/archives.js';
import { SlipwayError } from '../../contract/errors.js';
import {
  addEntry,
  isTooDeep,
  judgeTotals,
  MAX_SOURCE_DEPTH,
  noTotals,
  type SourceTotals,
} from '../../contract/source-limits.js';
import { assertRoom } from '../disk-errors.js';
import type { DiskPort } from '../ports/disk-port.js';

const MIB = 1024 ** 2;
/**
 * The bytes between two checks of the disk: a quarter of the required free space, because other processes write at the
 * same time.
 */
const LOOK_AGAIN_BYTES = 50 * MIB;
/** The same for small files: each takes a block of the disk. */
const LOOK_AGAIN_ENTRIES = 5000;
/** The number of characters of a long name that an error repeats. */
const NAME_SHOWN = 200;

export interface SourceBudget {
  /**
   * Counts an entry before it is copied. `bytes` is 0 for folders and links; `target` is the target of a link. Throws
   * if the entry, or the total, exceeds a limit.
   */
  take(path: string, bytes: number, target?: string): Promise<void>;
}

/**
 * Creates a budget. `folder` is any path on the target disk. Checks the free space immediately, and then repeatedly.
 */
export async function openBudget(disk: Pick<DiskPort, 'freeBytes'>, folder: string): Promise<SourceBudget> {
  const totals = noTotals();
  let looked: SourceTotals = { ...totals };
  assertRoom(await disk.freeBytes(folder));
  return {
    async take(path, bytes, target = '') {
      mustFit(path);
      addEntry(totals, bytes, path, target);
      const tooMuch = judgeTotals(totals);
      if (tooMuch) throw new SlipwayError('source_invalid', tooMuch);
      const isDue =
        totals.bytes - looked.bytes >= LOOK_AGAIN_BYTES || totals.entries - looked.entries >= LOOK_AGAIN_ENTRIES;
      if (!isDue) return;
      looked = { ...totals };
      assertRoom((await disk.freeBytes(folder)) - bytes);
    },
  };
}

function mustFit(path: string): void {
  if (!fitsFileSystem(path)) {
    const params = { path: `${path.slice(0, NAME_SHOWN)}…` };
    throw new SlipwayError('source_invalid', { text: 'source_invalid.long_path', params });
  }
  mustBeShallow(path);
}

export function mustBeShallow(path: string): void {
  if (isTooDeep(path))
    throw new SlipwayError('source_invalid', { text: 'source_invalid.too_deep', params: { levels: MAX_SOURCE_DEPTH } });
}
