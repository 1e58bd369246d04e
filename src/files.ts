// Helpers for Slipway's own files: missing files, atomic replacement, and full disks.
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/** Returns undefined if the path doesn't exist. Other errors are thrown. */
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

/**
 * Replaces a file atomically: writes a temporary file, flushes and renames it. Readers see the old or the new text. By
 * default only the owner can read the file.
 */
export async function replaceFile(path: string, text: string, mode = 0o600): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFlushed(temporary, text, mode);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true }); // removes the file after a failed write; after the rename it no longer exists
  }
}

/** Creates a file, which is on disk when this resolves. */
export async function writeFlushed(path: string, text: string, mode = 0o600): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
