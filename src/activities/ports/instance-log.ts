// Reading what keepers write: `<log>`, and its older parts `<log>.1`, `<log>.2`, …
import { open, stat } from 'node:fs/promises';
import { ifThere } from '../../files.js';
import { readWholeLines } from '../../whole-lines.js';

export interface AppLine {
  ts: string;
  stream: 'stdout' | 'stderr';
  line: string;
}

/** A place in a log that stays right when the log is rotated: the file's inode, and the offset in it. */
export interface LogPosition {
  inode: number;
  offset: number;
}

export interface LogRead {
  lines: AppLine[];
  /** Where to go on. Undefined while there is no log. */
  next?: LogPosition;
  /** Whether more can be read at once. */
  more: boolean;
}

/** Bytes read at a time: a chatty app must not fill the worker's memory. */
const READ_BYTES = 256 * 1024;

/** The whole lines that follow a position, oldest first; without one, from the oldest that is kept. */
export async function readLogFrom(path: string, parts: number, from?: LogPosition): Promise<LogRead> {
  const files = await logFiles(path, parts);
  const at = files.findIndex(({ inode }) => inode === from?.inode);
  const [file, ...newer] = files.slice(Math.max(at, 0));
  if (!file) return { lines: [], next: from, more: false };
  const offset = at >= 0 && from ? from.offset : 0; // a part that is gone was rotated away: go on with the oldest
  const text = await readLines(file, offset);
  if (!text) return { lines: [], next: from, more: true }; // rotated since it was looked at: look again
  const nextFile = newer[0];
  if (text.length === 0 && nextFile) return { lines: [], next: { inode: nextFile.inode, offset: 0 }, more: true };
  return {
    lines: parse(text),
    next: { inode: file.inode, offset: offset + text.length },
    more: text.length > 0 || newer.length > 0,
  };
}

/** The text of the last lines. */
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
 * Oldest first. Looked for newest first, one by one: a rotation meanwhile, which makes files older, may show one twice
 * (then the later look counts), but never hides one.
 */
async function logFiles(path: string, parts: number): Promise<LogFile[]> {
  const found = new Map<number, LogFile>();
  for (let age = 0; age < parts; age += 1) {
    const file = await describe(age === 0 ? path : `${path}.${age}`);
    if (!file) continue;
    found.delete(file.inode); // so that it stands where it was seen last
    found.set(file.inode, file);
  }
  return [...found.values()].reverse();
}

async function describe(path: string): Promise<LogFile | undefined> {
  const stats = await ifThere(stat(path));
  return stats && { path, inode: stats.ino, size: stats.size };
}

/**
 * A line may be half written: whole ones only. Nothing when the file no longer has that name,
 * as its keeper rotates it at any moment; what has the name now is another file.
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

/** A read from the middle of a file begins with half a line, which is none. */
function toAppLine(text: string): AppLine[] {
  try {
    return text === '' ? [] : [JSON.parse(text) as AppLine];
  } catch {
    return [];
  }
}
