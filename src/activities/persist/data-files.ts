// How files come into a service's data folder: whole or not at all, and never by way of a link that an app put there.
//
// A container may write in that folder at any moment. So what comes in is made ready in another one, which no container
// sees, and what goes out is removed there: both take their places by one rename.
import { join } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import { dataStaging, serviceData, type Layout } from '../../contract/layout.js';
import type { DiskEntryKind, DiskPort } from '../ports/disk-port.js';
import type { Owner } from '../ports/ownership.js';

/** What SQLite keeps beside a database: commits that are not in it yet. They come and go with it. */
export const JOURNALS = ['-wal', '-journal'];

export interface DataPlace {
  root: string;
  /** On the same file system; of whoever holds the data's lock. What a killed worker left there, the next one removes. */
  staging: string;
  /** Whose what comes in becomes, while nobody else can enter; Slipway's own where apps have no user of their own. */
  owner?: Owner;
}

export const dataPlace = (layout: Layout, service: string): DataPlace => ({
  root: serviceData(layout, service),
  staging: dataStaging(layout, service),
});

/** The folders above a path, below its root, outermost first. */
export function parentsOf(root: string, path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => join(root, ...parts.slice(0, index + 1)));
}

/** Makes the folders above a path, one by one: each must be a real one. */
export async function makeParents(disk: DiskPort, root: string, path: string, owner?: Owner): Promise<void> {
  await disk.makeFolder(root);
  for (const at of parentsOf(root, path)) {
    const kind = await disk.kindOf(at);
    if (kind === undefined) await disk.makeFolder(at);
    else assertKind(kind, ['folder'], path, at);
  }
  if (owner) await disk.handOverAlong(root, path, owner);
}

/** What an app gets to see at a path is what stands there: neither it nor a folder above it is a link that leads away. */
export async function assertPlain(
  disk: DiskPort,
  root: string,
  path: string,
  allowed: readonly DiskEntryKind[],
): Promise<void> {
  for (const at of parentsOf(root, path)) assertKind(await disk.kindOf(at), ['folder'], path, at);
  const at = join(root, path);
  assertKind(await disk.kindOf(at), allowed, path, at);
}

/** That nothing is there is as good: nothing leads nowhere. */
function assertKind(
  kind: DiskEntryKind | undefined,
  allowed: readonly DiskEntryKind[],
  path: string,
  at: string,
): void {
  if (kind === undefined || allowed.includes(kind)) return;
  const text = allowed.includes('file') ? 'persist.not_plain' : 'persist.in_the_way';
  throw new SlipwayError('source_invalid', { text, params: { path, at } });
}

/** Copies what is newer than the data over it, or what there is no data of yet. */
export async function takeNewer(disk: DiskPort, place: DataPlace, from: string, target: string): Promise<void> {
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
}

/** Empty, whatever an earlier try left. */
export async function emptyStaging(disk: DiskPort, { staging }: DataPlace): Promise<string> {
  await disk.makeClosedFolder(staging);
  return staging;
}

/** A file takes a file's place at once; a folder's place has to be made free. */
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
