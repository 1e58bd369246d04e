// Copies and removes trees through open folders, so that a process that writes in a tree can't redirect the work out of
// it.
import { randomUUID } from 'node:crypto';
import { constants, type PathLike } from 'node:fs';
import * as fs from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { pathBelow } from '../../file-names.js';
import { ifThere } from '../../files.js';
import { mustBeShallow, withFile, withFolder } from './open-folder.js';

/** Without setuid: the copy belongs to Slipway, which may be root. */
const MODE_BITS = 0o777;
/** The number of attempts to remove a folder in which another process writes. */
const TRIES = 4;
const TRY_AGAIN_MS = 100;
/** The depth below which folders are moved up before they are removed, because each level keeps a folder open. */
const REMOVED_AT_ONCE = 100;

/**
 * Copies a tree to `to`, which must not exist. Links are copied unchanged. Sockets and FIFOs have no content, and are
 * omitted.
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

/** Removes a tree. For a link, removes the link and not its target. A missing entry is no error. */
export async function removeTree(path: PathLike): Promise<void> {
  if ((await codeOf(ifThere(fs.unlink(path)))) !== 'EISDIR') return;
  for (let tries = 1; (await emptied(path)) === 'filled again'; tries += 1) {
    if (tries === TRIES) return fs.rmdir(path);
    await delay(TRY_AGAIN_MS);
  }
}

/** Empties a folder in rounds, until a round moves nothing up. */
async function emptied(path: PathLike): Promise<'gone' | 'filled again'> {
  await withFolder(path, async ({ fd }) => {
    const top = `/proc/self/fd/${fd}/.`; // the folder that this link leads to
    while ((await emptyFolder(top, top)) > 0);
  });
  const failure = await codeOf(ifThere(fs.rmdir(path)));
  if (failure === undefined && (await ifThere(fs.lstat(path))) === undefined) return 'gone';
  return 'filled again'; // or replaced by another entry meanwhile
}

/** Empties a folder. Returns the number of folders that were moved up to `top`, which are removed in the next round. */
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

/** Returns the code of the two errors that are expected here. Throws any other error. */
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
