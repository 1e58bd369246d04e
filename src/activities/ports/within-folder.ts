// A path below a folder that somebody else writes in, walked by its open folders: no link on the way is followed, however
// late it is put there.
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import { ifThere } from '../../files.js';
import { mustBeShallow, withFolder } from './open-folder.js';

/** What becomes of folders above the path that are missing: they are made, or there is nothing to work on. */
export type MissingParents = 'made' | 'absent';

/**
 * Works on the entry at `path` below `root`. `at` names it for as long as the work goes on, and names the root itself for
 * the path ''. Nobody but Slipway may be able to replace `root`. Undefined, and no work, where a folder above is missing;
 * an error where something else than a folder stands there.
 */
export async function withinFolder<T>(
  root: string,
  path: string,
  work: (at: string) => Promise<T>,
  missing: MissingParents = 'absent',
): Promise<T | undefined> {
  if (path === '') return work(root);
  const names = path.split('/');
  mustBeShallow(names.length); // each of them is held open
  if (missing === 'made') await fs.mkdir(root, { recursive: true });
  return descend(root, 0);

  async function descend(at: string, depth: number): Promise<T | undefined> {
    if (missing === 'made' && depth > 0) await madeUnlessThere(at);
    const result = await withFolder(at, async ({ fd }) => {
      const entry = `/proc/self/fd/${fd}/${names[depth]}`;
      return { value: await (depth === names.length - 1 ? work(entry) : descend(entry, depth + 1)) };
    });
    if (result) return result.value;
    if (missing === 'absent' && (await ifThere(fs.lstat(at))) === undefined) return undefined;
    const inTheWay = join(root, ...names.slice(0, depth));
    throw new SlipwayError('source_invalid', { text: 'persist.in_the_way', params: { path, at: inTheWay } });
  }
}

async function madeUnlessThere(at: string): Promise<void> {
  try {
    await fs.mkdir(at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
