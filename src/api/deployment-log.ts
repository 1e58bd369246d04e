// Makes the log of a deployment available to streams. The log is one file that only grows, so a position is a byte
// offset.
import { open, stat } from 'node:fs/promises';
import { ifThere } from '../files.js';
import { readWholeLines } from '../line-buffer.js';
import type { LogChunk, LogSource } from './log-tails.js';
import { linesIn } from './logs.js';

/** The bytes per read, and the memory that a stalled client may use. */
export const CHUNK_BYTES = 16 * 1024;

export function deploymentLogSource(path: string): LogSource {
  return { key: path, start: '0', isPlace: (id) => /^\d{1,15}$/.test(id), atByte: String, nearEnd, read };

  async function read(place: string): Promise<LogChunk> {
    const offset = Number(place);
    const file = await ifThere(open(path));
    if (!file) return { lines: [], next: place };
    try {
      const text = await readWholeLines(file, offset, CHUNK_BYTES);
      const lines = linesIn(text).map(({ line, end }) => ({ line, place: String(offset + end) }));
      return { lines, next: text.length === 0 ? place : String(offset + text.length) };
    } finally {
      await file.close();
    }
  }

  async function nearEnd(bytes: number): Promise<string> {
    const size = (await ifThere(stat(path)))?.size ?? 0;
    return String(Math.max(0, size - bytes));
  }
}
