// Lines of JSON on the disk that several processes append to, bounded by what of them still counts. A file that has grown
// is followed by a new one, which begins with all that counts. The two newest hold everything: a process may still append
// to the older one while another begins the newer one.
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ifThere, writeFlushed } from '../files.js';

/** More than twice what the largest budget lets count (10,000 lines), and read in a tenth of a second. */
const GROWN_BYTES = 4 * 1024 * 1024;
/** Parsed at once: less than a millisecond's work. */
const READ_BYTES = 64 * 1024;
const READ_FILES = 2;
/** Nobody writes a temporary file for so long: its process has ended. */
const LEFT_BEHIND_MS = 60 * 60 * 1000;
const NEWLINE = 0x0a;
const OWNER_ONLY = 0o600;

export interface JournalReader {
  take(value: unknown): void;
  /** What still counts of all that was taken. */
  kept(): Iterable<unknown>;
}

export interface Journal {
  /** `now`: on the disk when it resolves. `soon`: a host that loses its power may lose it. */
  append(value: unknown, durable: 'now' | 'soon'): Promise<void>;
  /** Takes what was appended since it was read last, by any process. */
  read(): Promise<void>;
}

/** Neither call may begin before the one before it is over. */
export function openJournal(folder: string, reader: JournalReader): Journal {
  /** How far each file was taken. */
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
    if (!file) return; // removed: two newer ones are there
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
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was quicker
    } finally {
      await rm(temporary, { force: true });
    }
    for (const path of [folder, dirname(folder)]) await syncFolder(path);
    await removeOld(folder);
    return next;
  }
}

/** By a newline at both ends: one that a process left in its middle spoils no other. */
const lineOf = (value: unknown): string => `\n${JSON.stringify(value)}\n`;

const hasGrown = async (path: string): Promise<boolean> =>
  ((await ifThere(stat(path)))?.size ?? Infinity) > GROWN_BYTES;

/** Oldest first. */
async function filesOf(folder: string): Promise<string[]> {
  const names = (await ifThere(readdir(folder))) ?? [];
  return names
    .filter((name) => /^\d+$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

const numberOf = (path: string | undefined): number => (path === undefined ? 0 : Number(basename(path)));

/** The whole lines from a place on, many at once. */
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
      continue; // half a line: its writer saw the write fail, or ended before it did anything
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
