// Whole trees, copied and removed by their open folders: whoever may write in one can't lead the work out of it.
import { randomUUID } from 'node:crypto';
import { constants, type PathLike } from 'node:fs';
import * as fs from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { pathBelow } from '../../file-names.js';
import { ifThere } from '../../files.js';
import { mustBeShallow, withFile, withFolder } from './open-folder.js';

/** Never setuid: the copy is Slipway's own, which may be root. */
const MODE_BITS = 0o777;
/** Somebody may write in a folder that is being emptied. */
const TRIES = 4;
const TRY_AGAIN_MS = 100;
/** What lies deeper in a tree is moved up before it is removed: each level holds a folder open. */
const REMOVED_AT_ONCE = 100;

/**
 * Links are copied as they are. What is neither that nor a file or folder (a socket, a FIFO) holds nothing, and is left
 * out. `to` is not there yet.
 */
export async function copyTree(from: PathLike, to: string | Buffer, depth = 0): Promise<void> {
  const stats = await fs.lstat(from);
  if (stats.isSymbolicLink()) return fs.symlink(await fs.readlink(from, 'buffer'), to);
  if (stats.isFile()) {
    await withFile(from, (at) => fs.copyFile(at, to, constants.COPYFILE_FICLONE));
    return fs.chmod(to, stats.mode & MODE_BITS);
  }
  if (!stats.isDirectory()) return;
  mustBeShallow(depth);
  await fs.mkdir(to, { recursive: true });
  await withFolder(from, async (_folder, entries) => {
    for await (const { name, at } of entries) await copyTree(at, pathBelow(to, name), depth + 1);
  });
  await fs.chmod(to, stats.mode & MODE_BITS);
}

/** A link goes, and not what it leads to. Nothing there is as good. */
export async function removeTree(path: PathLike): Promise<void> {
  if ((await codeOf(ifThere(fs.unlink(path)))) !== 'EISDIR') return;
  for (let tries = 1; (await emptied(path)) === 'filled again'; tries += 1) {
    if (tries === TRIES) return fs.rmdir(path);
    await delay(TRY_AGAIN_MS);
  }
}

/** Round by round, until nothing was moved up in one. */
async function emptied(path: PathLike): Promise<'gone' | 'filled again'> {
  await withFolder(path, async ({ fd }) => {
    const top = `/proc/self/fd/${fd}/.`; // the folder behind the link that this is
    while ((await emptyFolder(top, top)) > 0);
  });
  const failure = await codeOf(ifThere(fs.rmdir(path)));
  if (failure === undefined && (await ifThere(fs.lstat(path))) === undefined) return 'gone';
  return 'filled again'; // or swapped for something else meanwhile
}

/** How many folders it moved up to `top`, to be removed there. */
async function emptyFolder(path: PathLike, top: string, depth = 1): Promise<number> {
  let moved = 0;
  await withFolder(path, async (_folder, entries) => {
    for await (const { at } of entries) {
      if ((await codeOf(ifThere(fs.unlink(at)))) !== 'EISDIR') continue;
      if (depth < REMOVED_AT_ONCE) {
        moved += await emptyFolder(at, top, depth + 1);
        await codeOf(ifThere(fs.rmdir(at)));
      } else {
        await ifThere(fs.rename(at, `${top}/.removed-${randomUUID()}`));
        moved += 1;
      }
    }
  });
  return moved;
}

/** Of the two failures that mean something here; every other stays one. */
async function codeOf(work: Promise<unknown>): Promise<'EISDIR' | 'ENOTEMPTY' | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR' || code === 'ENOTEMPTY') return code;
    throw error;
  }
}
