// Unpacks a copy from a container. An app can create any entries, so entries that can't be unpacked are left out.
import { statfsSync } from 'node:fs';
import { posix } from 'node:path';
import { Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UnpackSync, type ReadEntry } from 'tar';
import { isTooDeep } from '../../../contract/source-limits.js';
import { FLOOR_BYTES } from '../../disk-errors.js';
import { StandIns } from '../stand-ins.js';
import { TarNames } from '../tar-names.js';
import { failureOfHost, noRoom, tellCutOff } from '../tar.js';
import type { LeftOut } from './messages.js';

const FILES = ['File', 'OldFile'];
const COPIED = [...FILES, 'Directory', 'SymbolicLink', 'Link'];

/** The number of names in a report. An app can create millions of entries. */
const MOST_NAMED = 100;
const NAME_SHOWN = 1000;

/** The error of a file that never fits on the disk. Such a file is sparse, and reading its zeros would take hours. */
export class FileTooLarge extends Error {
  constructor(readonly file: string) {
    super(`${file} is larger than the disk`);
  }
}

/**
 * Unpacks a tar, and leaves out links that lead out of `root`, entries that are too deep, and entries that can't be
 * unpacked. Stops before the disk is full.
 */
export async function unpackCopy(tar: Readable, { into, root }: { into: string; root: string }): Promise<LeftOut> {
  const standIns = new StandIns();
  const leftOut = new Set<string>();
  let more = 0;
  const leaveOut = (path: string): void => {
    if (leftOut.size < MOST_NAMED) leftOut.add(path);
    else more += 1;
  };
  const isTaken = (entry: ReadEntry): boolean => {
    if (!COPIED.includes(entry.type)) return false;
    if (!leadsOut(root, entry) && !isTooDeep(entry.path)) return true;
    leaveOut(entry.path);
    return false;
  };
  const unpack = new UnpackSync({
    cwd: into,
    strict: false, // one odd entry must not block the stop of an app
    preserveOwner: false,
    filter: (_path, entry) => 'type' in entry && isTaken(entry) && hasRoom(entry),
  });
  const hasRoom = (entry: ReadEntry): boolean => {
    const lack = FILES.includes(entry.type) ? lackOfRoom(into, entry) : undefined;
    if (lack) unpack.emit('error', lack);
    return lack === undefined;
  };
  unpack.on('warn', (_code, _message, data: NodeJS.ErrnoException & { entry?: ReadEntry }) => {
    const ofHost = failureOfHost(data);
    if (ofHost) unpack.emit('error', ofHost);
    else if (data.entry) leaveOut(data.entry.path);
  });
  tellCutOff(unpack);
  await pipeline(tar, new TarNames(standIns.of), sinkOf(unpack));
  await standIns.replaceIn(into);
  return { names: [...leftOut].map((path) => standIns.shown(path).slice(0, NAME_SHOWN)), more };
}

/**
 * Returns a stream into node-tar, whose own stream never ends after a failed entry. The work is complete when `end`
 * returns.
 */
function sinkOf(unpack: UnpackSync): Writable {
  let failure: Error | undefined;
  unpack.on('error', (error: Error) => (failure ??= error));
  const attempt = (work: () => unknown, done: (error?: Error) => void): void => {
    try {
      work();
    } catch (error) {
      failure ??= error as Error;
    }
    done(failure);
  };
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      attempt(() => unpack.write(chunk), done);
    },
    final(done) {
      attempt(() => unpack.end(), done);
    },
  });
}

/** Checks the free space by an entry's header, before its content is read. Other processes use the same disk. */
function lackOfRoom(into: string, { path, size }: ReadEntry): Error | undefined {
  if (size === 0) return undefined;
  const { bsize, blocks, bavail } = statfsSync(into);
  if (size > blocks * bsize) return new FileTooLarge(path);
  return size > bavail * bsize - FLOOR_BYTES ? noRoom() : undefined;
}

/** Returns true for a link that leads out. An absolute link would lead into the host, outside of the container. */
function leadsOut(root: string, { path, type, linkpath = '' }: ReadEntry): boolean {
  if (type !== 'SymbolicLink') return false;
  const target = posix.join(posix.dirname(path), linkpath);
  return linkpath.startsWith('/') || !`${target}/`.startsWith(`${root}/`);
}
