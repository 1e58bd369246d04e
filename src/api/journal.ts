// Stores JSON lines that several processes append, and removes lines that no longer count. If a file gets too large, a
// new file starts with all lines that still count. The two newest files together have all lines, because a process may
// still append to the older file while another process starts the newer.
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ifThere, writeFlushed } from '../files.js';

/**
 * The size at which a new file is started: more than twice the lines of the largest budget (10,000). Reading a file
 * takes a tenth of a second.
 */
const GROWN_BYTES = 4 * 1024 * 1024;
/** The bytes to parse at a time, which takes less than a millisecond. */
const READ_BYTES = 64 * 1024;
const READ_FILES = 2;
/** The age at which a temporary file was left by a process that ended. */
const LEFT_BEHIND_MS = 60 * 60 * 1000;
const NEWLINE = 0x0a;
const OWNER_ONLY = 0o600;

export interface JournalReader {
  take(value: unknown): void;
  /** Returns the values that still count. */
  kept(): Iterable<unknown>;
}

export interface Journal {
  /** Appends a value. `now`: on disk when it resolves. `soon`: a power failure may lose the value. */
  append(value: unknown, durable: 'now' | 'soon'): Promise<void>;
  /** Passes the values that any process appended since the last read to the reader. */
  read(): Promise<void>;
}

/** Opens a journal. Calls must not overlap. */
export function openJournal(folder: string, reader: JournalReader): Journal {
  /** The bytes of each file that were already read. */
  const takenBytes = new Map<string, number>();
  return { append, read };

  async function append(value: unknown, durable: 'now' | 'soon'): Promise<void> {
    const newest = (await filesOf(folder)).at(-1);
    const path = newest !== undefined && !(await hasGrown(newest)) ? newest : await beginAfter(newest);
    const file = await open(path, 'a', OWNER_ONLY);
    try {
      await file.appendFile(lineOf(value));
      if (durable === 'now') await file.datasync();
    } finally {
      await file.close();
    }
  }

  async function read(): Promise<void> {
    const newest = (await filesOf(folder)).slice(-READ_FILES);
    for (const path of takenBytes.keys()) if (!newest.includes(path)) takenBytes.delete(path);
    for (const path of newest) await readOn(path);
  }

  async function readOn(path: string): Promise<void> {
    const file = await ifThere(open(path, 'r'));
    if (!file) return; // the file was removed, so there are two newer files
    try {
      let at = takenBytes.get(path) ?? 0;
      for await (const lines of wholeLines(file, at)) {
        at += lines.length;
        takenBytes.set(path, at);
        for (const value of valuesIn(lines)) reader.take(value);
      }
    } finally {
      await file.close();
    }
  }

  async function beginAfter(newest: string | undefined): Promise<string> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await read();
    const next = join(folder, String(numberOf(newest) + 1).padStart(9, '0'));
    const temporary = join(folder, `.${randomBytes(6).toString('hex')}`);
    try {
      await writeFlushed(temporary, Array.from(reader.kept(), lineOf).join(''));
      await link(temporary, next);
    } catch (error) {
      // EEXIST: another process has already created the file.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      await rm(temporary, { force: true });
    }
    for (const path of [folder, dirname(folder)]) await syncFolder(path);
    await removeOld(folder);
    return next;
  }
}

/** Formats a line with a newline at both ends, so that a truncated line can't corrupt the next. */
const lineOf = (value: unknown): string => `\n${JSON.stringify(value)}\n`;

const hasGrown = async (path: string): Promise<boolean> =>
  ((await ifThere(stat(path)))?.size ?? Infinity) > GROWN_BYTES;

/** Returns the files, oldest first. */
async function filesOf(folder: string): Promise<string[]> {
  const names = (await ifThere(readdir(folder))) ?? [];
  return names
    .filter((name) => /^\d+$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

const numberOf = (path: string | undefined): number => (path === undefined ? 0 : Number(basename(path)));

/** Returns the whole lines from an offset, several at a time. */
async function* wholeLines(file: FileHandle, fromBytes: number): AsyncGenerator<Buffer> {
  const chunk = Buffer.alloc(READ_BYTES);
  let rest = Buffer.alloc(0);
  for (let at = fromBytes; ;) {
    const { bytesRead } = await file.read(chunk, 0, READ_BYTES, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    const all = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
    const end = all.lastIndexOf(NEWLINE) + 1;
    rest = all.subarray(end);
    if (end > 0) yield all.subarray(0, end);
  }
}

function* valuesIn(lines: Buffer): Generator {
  for (const line of lines.toString('utf8').split('\n')) {
    try {
      if (line !== '') yield JSON.parse(line);
    } catch {
      continue; // a truncated line: its writer received an error, or ended before it did anything
    }
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function removeOld(folder: string): Promise<void> {
  for (const path of (await filesOf(folder)).slice(0, -READ_FILES)) await rm(path, { force: true });
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const changedMs = name.startsWith('.') ? (await ifThere(stat(path)))?.mtimeMs : undefined;
    if (changedMs !== undefined && Date.now() - changedMs > LEFT_BEHIND_MS) await rm(path, { force: true });
  }
}
