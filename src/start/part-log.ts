// The output of Slipway's own parts: a file for each part, because a part may outlive this process. The size is
// limited.
import { copyFile, mkdir, open, stat, truncate, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

const LARGEST_BYTES = 10 * 1024 * 1024;
/** Enough to see why a part failed to start. */
const TOLD_BYTES = 4096;
const TOLD_LINES = 3;

export async function openLog(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const log = await open(path, 'a', 0o600);
  await boundLog(path);
  return log;
}

/**
 * Copies and empties a log above the limit. It isn't renamed, because the part has it open for appending. A line that
 * is written in between may be lost.
 */
export async function boundLog(path: string, largestBytes = LARGEST_BYTES): Promise<void> {
  if ((await stat(path)).size <= largestBytes) return;
  await copyFile(path, `${path}.1`);
  await truncate(path);
}

/** Returns the last lines after the byte offset `from`. Earlier lines belong to an earlier start. */
export async function lastLines(path: string, from: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const begin = from <= size ? from : 0; // the log was emptied meanwhile
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(TOLD_BYTES),
      position: Math.max(begin, size - TOLD_BYTES),
    });
    return buffer.toString('utf8', 0, bytesRead).trim().split('\n').slice(-TOLD_LINES).join(' | ');
  } finally {
    await file.close();
  }
}
