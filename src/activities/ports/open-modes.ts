// Who may read and write a tree. Links in it are never followed: an app may have put them there, to lead anywhere.
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { ifThere } from '../../files.js';

const READ_WRITE = 0o666;
const ENTER = 0o111;
const DENIED = ['EACCES', 'EPERM'];

export async function openToAll(path: string): Promise<void> {
  const stats = await ifThere(fs.lstat(path));
  if (!stats || !(stats.isFile() || stats.isDirectory())) return;
  const isEntered = stats.isDirectory() || (stats.mode & ENTER) !== 0; // or run: `chmod a+rwX`
  const wanted = stats.mode | READ_WRITE | (isEntered ? ENTER : 0);
  if (wanted !== stats.mode) await unlessDenied(chmodUnlinked(path, wanted & 0o777));
  if (!stats.isDirectory()) return;
  for (const name of (await unlessDenied(ifThere(fs.readdir(path)))) ?? []) await openToAll(join(path, name));
}

export async function closedEntry(path: string): Promise<string | undefined> {
  if (process.getuid?.() === 0) return undefined; // root may all
  const stats = await ifThere(fs.lstat(path));
  if (!stats || !(stats.isFile() || stats.isDirectory())) return undefined;
  const isFolder = stats.isDirectory();
  const needed = constants.R_OK | constants.W_OK | (isFolder ? constants.X_OK : 0);
  const access = fs.access(path, needed).then(() => 'open' as const);
  if ((await unlessDenied(ifThere(access).then((seen) => seen ?? 'open'))) !== 'open') return path;
  for (const name of isFolder ? ((await ifThere(fs.readdir(path))) ?? []) : []) {
    const closed = await closedEntry(join(path, name));
    if (closed !== undefined) return closed;
  }
  return undefined;
}

/** By an open file, which can't have been swapped for a link since it was looked at. */
async function chmodUnlinked(path: string, mode: number): Promise<void> {
  const file = await ifThere(fs.open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
  try {
    await file?.chmod(mode);
  } finally {
    await file?.close();
  }
}

async function unlessDenied<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (DENIED.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
