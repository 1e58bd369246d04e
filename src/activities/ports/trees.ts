// Whole trees, copied and removed by their open folders: whoever may write in one can't lead the work out of it.
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ifThere } from '../../files.js';
import { withFile, withFolder } from './open-folder.js';

const MODE_BITS = 0o7777;
/** Somebody may write in a folder that is being emptied. */
const TRIES = 4;
const TRY_AGAIN_MS = 100;

/** Links are copied as they are; what is neither that nor a file or folder can't be. `to` is not there yet. */
export async function copyTree(from: string, to: string): Promise<void> {
  const stats = await fs.lstat(from);
  if (stats.isSymbolicLink()) return fs.symlink(await fs.readlink(from), to);
  if (stats.isFile()) return withFile(from, (at) => fs.copyFile(at, to, constants.COPYFILE_FICLONE));
  if (!stats.isDirectory()) throw new Error(`${from} is no file, folder or link`);
  await fs.mkdir(to, { recursive: true });
  await withFolder(from, async (_folder, entries) => {
    for await (const { name, at } of entries) await copyTree(at, join(to, name));
  });
  await fs.chmod(to, stats.mode & MODE_BITS);
}

/** A link goes, and not what it leads to. Nothing there is as good. */
export async function removeTree(path: string): Promise<void> {
  for (let tries = 1; (await removeOnce(path)) === 'filled again'; tries += 1) {
    if (tries === TRIES) return fs.rmdir(path);
    await delay(TRY_AGAIN_MS);
  }
}

async function removeOnce(path: string): Promise<'gone' | 'filled again'> {
  if ((await codeOf(ifThere(fs.unlink(path)))) !== 'EISDIR') return 'gone';
  await withFolder(path, async (_folder, entries) => {
    for await (const { at } of entries) await removeTree(at);
  });
  return (await codeOf(ifThere(fs.rmdir(path)))) === 'ENOTEMPTY' ? 'filled again' : 'gone';
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
