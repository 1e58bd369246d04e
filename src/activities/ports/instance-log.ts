// Reads the logs that keepers write: `<log>`, and its older parts `<log>.1`, `<log>.2`, …
import { open, stat } from 'node:fs/promises';
import { ifThere } from '../../files.js';
import { readWholeLines } from '../../line-buffer.js';

export interface AppLine {
  ts: string;
  stream: 'stdout' | 'stderr';
  line: string;
}

/** A position that stays valid after a rotation: the file's inode, and the offset in it. */
export interface LogPosition {
  inode: number;
  offset: number;
}

export interface LogRead {
  lines: AppLine[];
  /** The position at which to continue. Undefined while there is no log. */
  next?: LogPosition;
  /** True if more can be read immediately. */
  more: boolean;
}

/** The bytes of one read, so that an app with much output can't fill the worker's memory. */
const READ_BYTES = 256 * 1024;

/**
 * Returns the complete lines after a position, oldest first. Without a position, starts with the oldest line that is
 * kept.
 */
export async function readLogFrom(path: string, parts: number, from?: LogPosition): Promise<LogRead> {
  const files = await logFiles(path, parts);
  const at = files.findIndex(({ inode }) => inode === from?.inode);
  const [file, ...newer] = files.slice(Math.max(at, 0));
  if (!file) return { lines: [], next: from, more: false };
  const offset = at >= 0 && from ? from.offset : 0; // the part was rotated away, so continue with the oldest
  const text = await readLines(file, offset);
  if (!text) return { lines: [], next: from, more: true }; // rotated since it was found, so try again
  const nextFile = newer[0];
  if (text.length === 0 && nextFile) return { lines: [], next: { inode: nextFile.inode, offset: 0 }, more: true };
  return {
    lines: parse(text),
    next: { inode: file.inode, offset: offset + text.length },
    more: text.length > 0 || newer.length > 0,
  };
}

/** Returns the text of the last lines. */
export async function readLogTail(path: string, parts: number, count: number): Promise<string[]> {
  return (await readLastLines(path, parts, count)).map(({ line }) => line);
}

export async function readLastLines(path: string, parts: number, count: number): Promise<AppLine[]> {
  let lines: AppLine[] = [];
  for (const file of (await logFiles(path, parts)).reverse()) {
    if (lines.length >= count) break;
    const text = await readLines(file, Math.max(0, file.size - READ_BYTES));
    if (text) lines = [...parse(text), ...lines];
  }
  return lines.slice(-count);
}

interface LogFile {
  path: string;
  inode: number;
  size: number;
}

/**
 * Returns the files, oldest first. They are looked up newest first, one by one. A rotation meanwhile makes files older,
 * so a file may be found twice, and the later result counts. But none is missed.
 */
async function logFiles(path: string, parts: number): Promise<LogFile[]> {
  const files = new Map<number, LogFile>();
  for (let age = 0; age < parts; age += 1) {
    const file = await describe(age === 0 ? path : `${path}.${age}`);
    if (!file) continue;
    files.delete(file.inode); // so that it is where it was found last
    files.set(file.inode, file);
  }
  return [...files.values()].reverse();
}

async function describe(path: string): Promise<LogFile | undefined> {
  const stats = await ifThere(stat(path));
  return stats && { path, inode: stats.ino, size: stats.size };
}

/**
 * Reads complete lines, because the last line may be incomplete. Returns undefined if the file no longer has that name.
 * A keeper may rotate it at any moment, and the name then belongs to another file.
 */
async function readLines({ path, inode }: LogFile, offset: number): Promise<Buffer | undefined> {
  const file = await ifThere(open(path));
  if (!file) return undefined;
  try {
    if ((await file.stat()).ino !== inode) return undefined;
    return await readWholeLines(file, offset, READ_BYTES);
  } finally {
    await file.close();
  }
}

function parse(text: Buffer): AppLine[] {
  return text
    .toString('utf8')
    .split('\n')
    .flatMap((line) => toAppLine(line));
}

/** Parses a line. A read from the middle of a file starts with an incomplete line, which is dropped. */
function toAppLine(text: string): AppLine[] {
  try {
    return text === '' ? [] : [JSON.parse(text) as AppLine];
  } catch {
    return [];
  }
}
