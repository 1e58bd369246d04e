// Changes the owner of trees between Slipway, which is root, and the user that apps run as. Each change can be repeated
// after a kill at any point. The content of a folder is changed first, and the folder itself last, as a mark that all
// of it is done.
import type { PathLike, Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { SlipwayError } from '../../contract/errors.js';
import { ifThere } from '../../files.js';
import { chmodItself, mustBeShallow, withFolder } from './open-folder.js';
import { namesIn } from './within-folder.js';

export interface Owner {
  uid: number;
  gid: number;
}

/**
 * The part of a tree that changes its owner. With `contents` the top keeps its owner. With `all_contents` entries that
 * the owner already has are searched, too.
 */
export type Extent = 'tree' | 'contents' | 'all_contents';

const ROOT = 0;
const MODE_BITS = 0o7777;
const OWN_BITS = 0o700;
const READ_ENTER = 0o055;
const OTHERS_WRITE = 0o022;

/** Creates a folder of root that a group may enter with `mode`. Without a group, only root may enter. */
export async function guard(path: string, mode: number, gid = ROOT): Promise<void> {
  await fs.mkdir(path, { recursive: true, mode: 0o700 });
  const guarded = await withFolder(path, async (folder) => {
    if (isGuard(await folder.stat(), mode, gid)) return true;
    await folder.chmod(0o700); // closed while the change is under way
    await folder.chown(ROOT, gid);
    await folder.chmod(mode);
    return true;
  });
  if (!guarded) throw new SlipwayError('internal', { params: { reason: `${path} is no folder of its own` } });
}

const isGuard = (stats: Stats, mode: number, gid: number): boolean =>
  stats.uid === ROOT && stats.gid === gid && (stats.mode & MODE_BITS) === mode;

export async function isGuarded(path: string, mode: number, gid: number): Promise<boolean> {
  const stats = await ifThere(fs.lstat(path));
  return stats !== undefined && isGuard(stats, mode, gid);
}

/**
 * Changes the owner of a tree. If the top already has the owner, the rest has it, too, because the top is changed last.
 */
export async function handOver(path: string, owner: Owner, extent: Extent = 'tree'): Promise<void> {
  if (extent === 'tree') return handOverUnlessDone(path, owner);
  await withFolder(path, async (_folder, entries) => {
    for await (const { at } of entries) {
      if (extent === 'contents') await handOverUnlessDone(at, owner);
      else await handOverAll(at, owner);
    }
  });
}

/**
 * Changes the owner of the entry at a path, and of its parent folders. Each is reached through the open folder that
 * contains it.
 */
export async function handOverAlong(root: string, path: string, owner: Owner): Promise<void> {
  const [name = '', ...rest] = namesIn(path);
  await withFolder(root, async ({ fd }) => {
    const at = `/proc/self/fd/${fd}/${name}`;
    await handOverUnlessDone(at, owner);
    if (rest.length > 0) await handOverAlong(at, rest.join('/'), owner);
  });
}

const isOwned = ({ uid, gid }: Stats, owner: Owner): boolean => uid === owner.uid && gid === owner.gid;

async function handOverUnlessDone(at: PathLike, owner: Owner): Promise<void> {
  const stats = await ifThere(fs.lstat(at));
  if (stats && !isOwned(stats, owner)) await handOverAll(at, owner);
}

async function handOverAll(at: PathLike, owner: Owner, depth = 0): Promise<void> {
  mustBeShallow(depth);
  const stats = await ifThere(fs.lstat(at));
  if (!stats) return;
  if (stats.isDirectory()) {
    await withFolder(at, async (_folder, entries) => {
      for await (const entry of entries) await handOverAll(entry.at, owner, depth + 1);
    });
  }
  // A device that a container made would give its owner access to the host's disks.
  if (stats.isBlockDevice() || stats.isCharacterDevice()) await ifThere(fs.unlink(at));
  else if (!isOwned(stats, owner)) await ifThere(fs.lchown(at, owner.uid, owner.gid));
}

/** Gives a user's tree to root. The group of its closed top may read it, and no other user may write. */
export async function takeBack(path: PathLike, gid: number, depth = 0): Promise<void> {
  mustBeShallow(depth);
  await withFolder(path, async (_folder, entries) => {
    for await (const { at } of entries) {
      await fs.lchown(at, ROOT, gid); // before its content, so that the user can't replace it any more
      await setMode(at, (mode) => (mode | ((mode & OWN_BITS) >> 3)) & ~OTHERS_WRITE);
      await takeBack(at, gid, depth + 1);
    }
  });
}

/**
 * Lets every user read a tree of root, unless it belongs to the group. If the top is open already, the rest isn't read.
 */
export async function openToRead(path: string, gid: number): Promise<void> {
  const stats = await ifThere(fs.lstat(path));
  if (!stats || stats.gid === gid || (stats.isDirectory() && (stats.mode & READ_ENTER) === READ_ENTER)) return;
  await openAllToRead(path);
}

async function openAllToRead(path: PathLike, depth = 0): Promise<void> {
  mustBeShallow(depth);
  await withFolder(path, async (_folder, entries) => {
    for await (const { at } of entries) await openAllToRead(at, depth + 1);
  });
  await setMode(path, (mode) => mode | (((mode & OWN_BITS) >> 3) & 0o050) | (((mode & OWN_BITS) >> 6) & 0o005));
}

/** Changes a mode. Links have none. */
async function setMode(at: PathLike, change: (mode: number) => number): Promise<void> {
  const stats = await ifThere(fs.lstat(at));
  if (!stats || (!stats.isFile() && !stats.isDirectory())) return;
  const wanted = change(stats.mode & 0o777);
  if (wanted !== (stats.mode & MODE_BITS)) await chmodItself(at, wanted);
}
