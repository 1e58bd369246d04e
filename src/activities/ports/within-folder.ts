// Walks a path through open folders, below a folder in which another user writes. No link on the way is followed,
// however late it is created.
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import { ifThere } from '../../files.js';
import { mustBeShallow, withFolder } from './open-folder.js';

/** Decides what happens if parent folders are missing: they are made, or there is no work. */
export type MissingParents = 'made' | 'absent';

/**
 * Works on the entry at `path` below `root`. `at` is its name during the work; for the path '' it is the root itself.
 * Only Slipway may be able to replace `root`. Returns undefined without work if a parent folder is missing. Throws if a
 * parent is not a folder.
 */
export async function withinFolder<T>(
  root: string,
  path: string,
  work: (at: string) => Promise<T>,
  missing: MissingParents = 'absent',
): Promise<T | undefined> {
  if (path === '') return work(root);
  const names = namesIn(path);
  mustBeShallow(names.length); // each of them is kept open
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

/** Names that lead to the same folder, or out of it. */
const NO_NAMES = ['', '.', '..'];

/** Returns the names in a relative path. Throws if one of them would not lead down. */
export function namesIn(path: string): string[] {
  const names = path.split('/');
  if (names.some((name) => NO_NAMES.includes(name)))
    throw new SlipwayError('internal', { params: { reason: `${JSON.stringify(path)} is no path below a folder` } });
  return names;
}

async function madeUnlessThere(at: string): Promise<void> {
  try {
    await fs.mkdir(at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
