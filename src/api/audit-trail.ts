// Stores an audit trail on disk: the current file, and older files. Each line is chained to the line before.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ifThere } from '../files.js';
import { createChainCheck, digestOfLine, type ChainLink, type ChainReport } from './audit-chain.js';

/** The size at which a file is rotated. Requests for the latest entries read a whole file into memory. */
const LARGEST_FILE_BYTES = 10 * 1024 * 1024;
/** The longest period that a file covers, so that old entries can be removed as whole files. */
const LONGEST_FILE_MS = 30 * 24 * 60 * 60 * 1000;
const OWNER_ONLY = 0o600;
const NEWLINE = 0x0a;

export interface TrailLimits {
  /** Older files are removed. */
  keptMs: number;
  /** The limit for all files together. The oldest files are removed first. */
  largestBytes: number;
  /** Flushes an open file to disk. */
  sync: (file: number) => void;
}

export interface Trail {
  /**
   * Appends a line. Throws if the line can't be written. `now`: flushes the line to disk, which takes 0.2 ms on a
   * solid-state disk. `soon`: the system flushes the line within seconds, so only a power failure can lose it.
   */
  append(entry: object, durable: 'now' | 'soon'): void;
  /** Returns whole lines, newest first. */
  newestFirst(): AsyncGenerator<string>;
  /** Returns whole lines in the order in which they were written. */
  oldestFirst(): AsyncGenerator<string>;
  verify(): Promise<ChainReport>;
}

export function openTrail(path: string, limits: TrailLimits): Trail {
  const chain = randomBytes(6).toString('hex');
  let seq = 0;
  let prev: string | undefined;
  let begunAtMs: number | undefined;

  return {
    append(entry, durable) {
      rotateWhenDue();
      prev ??= digestOfLast(filesOf(path));
      const link: ChainLink = { chain, seq: seq + 1, prev };
      const line = JSON.stringify({ ...entry, ...link });
      appendLine(path, line, durable === 'now' ? limits.sync : undefined);
      seq = link.seq;
      prev = digestOfLine(line);
    },
    async *newestFirst() {
      for (const file of filesOf(path).reverse()) {
        const text = (await ifThere(readFile(file, 'utf8'))) ?? '';
        yield* text.split('\n').reverse();
      }
    },
    async *oldestFirst() {
      for await (const { text } of linesIn(filesOf(path))) yield text;
    },
    async verify() {
      const first = await check(path);
      return first.whole ? first : check(path); // a rotation between listing and opening the files hides lines
    },
  };

  function rotateWhenDue(): void {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats || stats.size === 0) {
      begunAtMs = undefined;
      return;
    }
    begunAtMs ??= firstTimeIn(path) ?? stats.mtimeMs;
    if (stats.size <= LARGEST_FILE_BYTES && Date.now() - begunAtMs <= LONGEST_FILE_MS) return;
    rotate(path, `${chain}-${seq}`, limits);
    begunAtMs = undefined;
  }
}

/**
 * Appends a line. If the file doesn't end with a newline, because a process ended during a write, the line starts with
 * a newline.
 */
function appendLine(path: string, line: string, sync: TrailLimits['sync'] | undefined): void {
  const file = openSync(path, 'a+', OWNER_ONLY);
  try {
    const { size } = fstatSync(file);
    writeFileSync(file, `${size > 0 && lastByteOf(file, size) !== NEWLINE ? '\n' : ''}${line}\n`);
    sync?.(file);
  } finally {
    closeSync(file);
  }
}

function lastByteOf(file: number, size: number): number | undefined {
  const byte = Buffer.alloc(1);
  return readSync(file, byte, 0, 1, size - 1) === 1 ? byte[0] : undefined;
}

/**
 * Renames the file to a unique name, so that a rotation by another copy of the API at the same time isn't overwritten.
 */
function rotate(path: string, by: string, { keptMs, largestBytes }: TrailLimits): void {
  const older = `${path}.${new Date().toISOString().replace(/[:.]/g, '-')}-${by}`;
  try {
    renameSync(path, older);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // the other copy has already rotated the file
  }
  let bytes = 0;
  for (const file of filesOf(path).reverse()) {
    const stats = statSync(file, { throwIfNoEntry: false });
    bytes += stats?.size ?? 0;
    if (stats && (bytes > largestBytes || Date.now() - stats.mtimeMs > keptMs)) rmSync(file, { force: true });
  }
}

/** Returns all files, oldest first by the time in their names. The current file comes last. */
function filesOf(path: string): string[] {
  const names = readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.`));
  return [...names.sort().map((name) => join(dirname(path), name)), path];
}

/** Returns the digest of the last whole line. */
function digestOfLast(files: readonly string[]): string {
  for (const file of files.toReversed()) {
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) continue;
    const line = readFileSync(file, 'utf8')
      .split('\n')
      .findLast((text) => isWhole(text));
    if (line !== undefined) return digestOfLine(line);
  }
  return '';
}

function isWhole(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false; // a truncated or empty line
  }
}

function firstTimeIn(path: string): number | undefined {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(1024); // an entry's time is near its start
    const [, at] = /"at":"([^"]+)"/.exec(head.toString('utf8', 0, readSync(file, head, 0, head.length, 0))) ?? [];
    const atMs = Date.parse(at ?? '');
    return Number.isNaN(atMs) ? undefined : atMs;
  } finally {
    closeSync(file);
  }
}

async function check(path: string): Promise<ChainReport> {
  const chainCheck = createChainCheck();
  for await (const line of linesIn(filesOf(path))) chainCheck.add(line);
  return chainCheck.report();
}

/** Opens all files before it reads the first, so that a rotation during the read has no effect. */
async function* linesIn(paths: readonly string[]) {
  const files = await Promise.all(paths.map(async (path) => ({ path, file: await ifThere(open(path)) })));
  try {
    const present = files.flatMap(({ path, file }) => (file ? [{ path, file }] : []));
    for (const [index, { path, file }] of present.entries()) {
      let number = 0;
      for await (const text of file.readLines({ encoding: 'utf8', autoClose: false })) {
        number += 1;
        yield { file: basename(path), number, text, isInOldestFile: index === 0 };
      }
    }
  } finally {
    for (const { file } of files) await file?.close();
  }
}
