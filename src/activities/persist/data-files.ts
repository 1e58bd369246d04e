// Puts files into a service's data: completely or not at all, and never through a link of an app.
//
// A container may write in the data at any moment. So new files are prepared in another folder, which no container has,
// and old files are removed there. Each is moved with one rename.
import { join } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import type { DiskEntryKind, DiskPort } from '../ports/disk-port.js';
import { inData, makeDataParents, spotOf, type DataPlace } from './data-place.js';

/** The suffixes of SQLite's files with commits that aren't in the database yet. They are copied and removed with it. */
export const JOURNALS = ['-wal', '-journal'];

/** Throws if the entry at a path, or a folder above it, is a link or not of an allowed kind. */
export async function assertPlain(
  disk: DiskPort,
  place: DataPlace,
  path: string,
  allowed: readonly DiskEntryKind[],
): Promise<void> {
  const kind = await inData(disk, place, path, (at) => disk.kindOf(at));
  if (kind === undefined || allowed.includes(kind)) return; // a missing entry is no error
  const spot = spotOf(place, path);
  const text = allowed.includes('file') ? 'persist.not_plain' : 'persist.in_the_way';
  throw new SlipwayError('source_invalid', { text, params: { path, at: join(spot.root, spot.path) } });
}

export async function makeMissingFolder(disk: DiskPort, place: DataPlace, path: string): Promise<void> {
  await inData(disk, place, path, async (at) => {
    if (!(await disk.exists(at))) await disk.makeFolder(at);
  });
}

/** Copies a file that is newer than the one in the data, or that the data doesn't have. */
export async function takeNewer(disk: DiskPort, place: DataPlace, from: string, path: string): Promise<void> {
  await makeDataParents(disk, place, path);
  await inData(disk, place, path, async (target) => {
    const [changed = 0, savedAt] = [await disk.changedAt(from), await disk.changedAt(target)];
    if (savedAt !== undefined && savedAt >= changed) return;
    const fresh = join(await emptyStaging(disk, place), 'fresh');
    const isFile = (await disk.kindOf(from)) === 'file';
    for (const suffix of isFile ? JOURNALS : []) {
      await takeAway(disk, place, `${target}${suffix}`); // an old journal beside another database would damage it
      if ((await disk.kindOf(`${from}${suffix}`)) !== 'file') continue;
      await disk.copyTree(`${from}${suffix}`, fresh);
      await putInPlace(disk, place, fresh, `${target}${suffix}`);
    }
    await disk.copyTree(from, fresh);
    await putInPlace(disk, place, fresh, target); // last, so that a retry repeats everything until it is there
  });
}

/** Returns the staging folder, empty. */
export async function emptyStaging(disk: DiskPort, { staging }: DataPlace): Promise<string> {
  await disk.makeClosedFolder(staging);
  return staging;
}

/**
 * Moves a new entry to its place. A file replaces a file atomically; a folder must be moved away first. `target` is
 * reached through open folders.
 */
export async function putInPlace(disk: DiskPort, place: DataPlace, fresh: string, target: string): Promise<void> {
  if (place.owner) await disk.handOver(fresh, place.owner);
  const [kind, old] = [await disk.kindOf(fresh), await disk.kindOf(target)];
  const isReplacing = old !== undefined && (kind !== 'file' || old === 'folder');
  const replaced = isReplacing ? await moveAway(disk, place, target) : undefined;
  await disk.rename(fresh, target);
  if (replaced !== undefined) await disk.remove(replaced);
}

/** Removes an entry. A missing entry is no error. */
export async function takeAway(disk: DiskPort, place: DataPlace, target: string): Promise<void> {
  if (await disk.exists(target)) await disk.remove(await moveAway(disk, place, target));
}

async function moveAway(disk: DiskPort, { staging }: DataPlace, target: string): Promise<string> {
  const replaced = join(staging, 'replaced');
  await disk.remove(replaced);
  await disk.rename(target, replaced);
  return replaced;
}
