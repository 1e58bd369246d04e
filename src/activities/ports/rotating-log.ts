// Writes an instance's log in the format of a keeper: NDJSON `{ts,stream,line}`, rotated by size.
import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Mutex } from 'async-mutex';
import { ifThere } from '../../files.js';
import type { AppLine } from './instance-log.js';

export interface RotatingLog {
  /** Appends lines. Calls run one after another. */
  write(lines: readonly AppLine[]): Promise<void>;
}

export function createRotatingLog(path: string, maxBytes: number, files: number): RotatingLog {
  let size: number | undefined;
  const mutex = new Mutex();

  async function append(lines: readonly AppLine[]): Promise<void> {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    size ??= await sizeOf(path);
    const bytes = Buffer.byteLength(text);
    if (size > 0 && size + bytes > maxBytes) {
      await rotate(path, files);
      size = 0;
    }
    await appendFile(path, text, { mode: 0o600 });
    size += bytes;
  }

  return {
    write: (lines) => mutex.runExclusive(() => append(lines)),
  };
}

async function sizeOf(path: string): Promise<number> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return (await ifThere(stat(path)))?.size ?? 0;
}

async function rotate(path: string, files: number): Promise<void> {
  for (let age = files - 1; age > 0; age -= 1) {
    await ifThere(rename(age === 1 ? path : `${path}.${age - 1}`, `${path}.${age}`));
  }
}
