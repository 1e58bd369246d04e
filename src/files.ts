// The two ways in which Slipway's own files are treated everywhere: nothing where there is none, and replaced whole.
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

/** To a temporary name, flushed, renamed: a reader sees the old text or the new. Only the owner may read it. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFlushed(temporary, text);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true }); // of a failed write; a renamed one is not there any more
  }
}

async function writeFlushed(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
