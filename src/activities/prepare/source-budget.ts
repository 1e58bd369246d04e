// Counts what a source weighs while it is copied, so that no kind of source takes more than another, nor fills the disk.
import { fitsFileSystem } from '../../contract/archives.js';
import { SlipwayError } from '../../contract/errors.js';
import { addEntry, judgeTotals, MAX_DEPTH, noTotals, type SourceTotals } from '../../contract/source-limits.js';
import { assertRoom } from '../disk-errors.js';
import type { DiskPort } from '../ports/disk-port.js';

const MIB = 1024 ** 2;
/** A quarter of the room that has to stay: others write at the same time. */
const LOOK_AGAIN_BYTES = 50 * MIB;
/** As many small files: a block of the disk each. */
const LOOK_AGAIN_ENTRIES = 5000;
/** How many letters of a hostile name an error repeats. */
const NAME_SHOWN = 200;

export interface SourceBudget {
  /**
   * Before an entry is copied. `bytes` is 0 for folders and links, `target` what a link names. Throws when it, or all of
   * them, are too much.
   */
  take(path: string, bytes: number, target?: string): Promise<void>;
}

/** `folder` is any path on the disk that is written to. Looks at its free space at once, and again and again. */
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
  if (path.split('/').length > MAX_DEPTH) {
    throw new SlipwayError('source_invalid', { text: 'source_invalid.too_deep', params: { levels: MAX_DEPTH } });
  }
}
