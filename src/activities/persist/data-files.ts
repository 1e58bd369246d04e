// How files come into a service's data folder: whole or not at all, and never by way of a link that an app put there.
import { dirname, join } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import type { DiskPort } from '../ports/disk-port.js';

/** Beside what it becomes: what a killed worker left of it is removed by the next try. */
export const FRESH = '.slipway-new';
const REPLACED = '.slipway-old';
/** What SQLite keeps beside a database: commits that are not in it yet. They come and go with it. */
export const JOURNALS = ['-wal', '-journal'];

/** Makes the folders above a path, one by one: each must be a real one. */
export async function makeParents(disk: DiskPort, root: string, path: string): Promise<void> {
  await disk.makeFolder(root);
  const above = dirname(path);
  let at = root;
  for (const part of above === '.' ? [] : above.split('/')) {
    at = join(at, part);
    const kind = await disk.kindOf(at);
    if (kind === undefined) await disk.makeFolder(at);
    else if (kind !== 'folder')
      throw new SlipwayError('source_invalid', { text: 'persist.in_the_way', params: { path, at } });
  }
}

/** Copies what is newer than the data over it, or what there is no data of yet. */
export async function takeNewer(disk: DiskPort, from: string, target: string): Promise<void> {
  const [changed = 0, known] = [await disk.changedAt(from), await disk.changedAt(target)];
  if (known !== undefined && known >= changed) return;
  const isFile = (await disk.kindOf(from)) === 'file';
  for (const suffix of isFile ? JOURNALS : []) await takeJournal(disk, `${from}${suffix}`, `${target}${suffix}`);
  const fresh = `${target}${FRESH}`;
  await disk.remove(fresh);
  await disk.copyTree(from, fresh);
  await putInPlace(disk, fresh, target); // last: until it is there, another try does all again
}

/** An old journal beside another database would ruin it. */
async function takeJournal(disk: DiskPort, from: string, target: string): Promise<void> {
  await disk.remove(target);
  if ((await disk.kindOf(from)) === 'file') await disk.copyTree(from, target);
}

/** A file takes a file's place at once; a folder's place has to be made free. */
export async function putInPlace(disk: DiskPort, fresh: string, target: string): Promise<void> {
  const replaced = `${target}${REPLACED}`;
  await disk.remove(replaced);
  const [kind, old] = [await disk.kindOf(fresh), await disk.kindOf(target)];
  if (old !== undefined && (kind !== 'file' || old === 'folder')) await disk.rename(target, replaced);
  await disk.rename(fresh, target);
  await disk.remove(replaced);
}
