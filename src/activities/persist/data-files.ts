// How files come into a service's data: whole or not at all, and never by way of a link that an app put there.
//
// A container may write in the data at any moment. So what comes in is made ready in another folder, which no container
// sees, and what goes out is removed there: both take their places by one rename.
import { join } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import type { DiskEntryKind, DiskPort } from '../ports/disk-port.js';
import { inData, makeDataParents, spotOf, type DataPlace } from './data-place.js';

/** What SQLite keeps beside a database: commits that are not in it yet. They come and go with it. */
export const JOURNALS = ['-wal', '-journal'];

/** What an app gets to see at a path is what stands there: neither it nor a folder above it is a link that leads away. */
export async function assertPlain(
  disk: DiskPort,
  place: DataPlace,
  path: string,
  allowed: readonly DiskEntryKind[],
): Promise<void> {
  const kind = await inData(disk, place, path, (at) => disk.kindOf(at));
  if (kind === undefined || allowed.includes(kind)) return; // that nothing is there is as good: nothing leads nowhere
  const spot = spotOf(place, path);
  const text = allowed.includes('file') ? 'persist.not_plain' : 'persist.in_the_way';
  throw new SlipwayError('source_invalid', { text, params: { path, at: join(spot.root, spot.path) } });
}

export async function makeMissingFolder(disk: DiskPort, place: DataPlace, path: string): Promise<void> {
  await inData(disk, place, path, async (at) => {
    if (!(await disk.exists(at))) await disk.makeFolder(at);
  });
}

/** Copies what is newer than the data over it, or what there is no data of yet. */
export async function takeNewer(disk: DiskPort, place: DataPlace, from: string, path: string): Promise<void> {
  await makeDataParents(disk, place, path);
  await inData(disk, place, path, async (target) => {
    const [changed = 0, known] = [await disk.changedAt(from), await disk.changedAt(target)];
    if (known !== undefined && known >= changed) return;
    const fresh = join(await emptyStaging(disk, place), 'fresh');
    const isFile = (await disk.kindOf(from)) === 'file';
    for (const suffix of isFile ? JOURNALS : []) {
      await takeAway(disk, place, `${target}${suffix}`); // an old journal beside another database would ruin it
      if ((await disk.kindOf(`${from}${suffix}`)) !== 'file') continue;
      await disk.copyTree(`${from}${suffix}`, fresh);
      await putInPlace(disk, place, fresh, `${target}${suffix}`);
    }
    await disk.copyTree(from, fresh);
    await putInPlace(disk, place, fresh, target); // last: until it is there, another try does all again
  });
}

/** Empty, whatever an earlier try left. */
export async function emptyStaging(disk: DiskPort, { staging }: DataPlace): Promise<string> {
  await disk.makeClosedFolder(staging);
  return staging;
}

/** A file takes a file's place at once; a folder's place has to be made free. `target` is reached by open folders. */
export async function putInPlace(disk: DiskPort, place: DataPlace, fresh: string, target: string): Promise<void> {
  if (place.owner) await disk.handOver(fresh, place.owner);
  const [kind, old] = [await disk.kindOf(fresh), await disk.kindOf(target)];
  const isReplacing = old !== undefined && (kind !== 'file' || old === 'folder');
  const replaced = isReplacing ? await moveAway(disk, place, target) : undefined;
  await disk.rename(fresh, target);
  if (replaced !== undefined) await disk.remove(replaced);
}

/** Nothing there is as good. */
export async function takeAway(disk: DiskPort, place: DataPlace, target: string): Promise<void> {
  if (await disk.exists(target)) await disk.remove(await moveAway(disk, place, target));
}

async function moveAway(disk: DiskPort, { staging }: DataPlace, target: string): Promise<string> {
  const replaced = join(staging, 'replaced');
  await disk.remove(replaced);
  await disk.rename(target, replaced);
  return replaced;
}
