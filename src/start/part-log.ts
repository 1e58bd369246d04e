// The output of Slipway's own parts: a file each, since a part may outlive this process, of bounded size.
import { copyFile, mkdir, open, stat, truncate, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

const LARGEST_BYTES = 10 * 1024 * 1024;
/** Enough to see why a part would not start. */
const TOLD_BYTES = 4096;
const TOLD_LINES = 3;

export async function openLog(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const log = await open(path, 'a', 0o600);
  await boundLog(path);
  return log;
}

/** Copied and emptied rather than renamed: the part that appends to it has it open. A line in between may be lost. */
export async function boundLog(path: string, largestBytes = LARGEST_BYTES): Promise<void> {
  if ((await stat(path)).size <= largestBytes) return;
  await copyFile(path, `${path}.1`);
  await truncate(path);
}

/** The last of what was written behind `from`, in bytes: what stands before is of an earlier start. */
export async function lastLines(path: string, from: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const begin = from <= size ? from : 0; // it was emptied meanwhile
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(TOLD_BYTES),
      position: Math.max(begin, size - TOLD_BYTES),
    });
    return buffer.toString('utf8', 0, bytesRead).trim().split('\n').slice(-TOLD_LINES).join(' | ');
  } finally {
    await file.close();
  }
}
