// How Slipway's own files are treated everywhere: nothing where there is none, replaced whole, and a full disk is known.
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/** Undefined when there is nothing at the path that was asked for; every other failure stays one. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

export const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');

/** To a temporary name, flushed, renamed: a reader sees the old text or the new. By default only the owner may read it. */
export async function replaceFile(path: string, text: string, mode = 0o600): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFlushed(temporary, text, mode);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true }); // of a failed write; a renamed one is not there any more
  }
}

/** A new file, which is on the disk when it resolves. */
export async function writeFlushed(path: string, text: string, mode = 0o600): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
