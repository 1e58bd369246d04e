// Reads gzip tar archives. The caller judges each entry.
import { createReadStream, lstatSync, type Stats } from 'node:fs';
import type { Readable } from 'node:stream';
import { posix } from 'node:path';
import { createGunzip } from 'node:zlib';
import { Parser, UnpackSync, type ReadEntry } from 'tar';
import type { ArchiveEntry } from '../../contract/archives.js';
import { replacement, TarNames } from './tar-names.js';

export type ArchiveVisitor = (entry: ArchiveEntry) => void;

/** The archive is broken: truncated, not gzip, not tar, or with an entry that conflicts with an earlier entry. */
export class BrokenArchiveError extends Error {
  override readonly name = 'BrokenArchiveError';

  constructor(
    message: string,
    readonly facts: { cause?: unknown; entry?: string } = {},
  ) {
    super(message, { cause: facts.cause });
  }
}

/** The codes of the host's own failures, which no archive causes. */
const OF_THE_HOST = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM', 'EACCES'];

/** Reads at most `maxBytes` of unzipped data, because the padding after the last entry can be a zip bomb too. */
export async function listArchive(path: string, visit: ArchiveVisitor, maxBytes: number): Promise<void> {
  const parser = new Parser({ strict: true });
  const show = (entry: ReadEntry): void => {
    entry.resume();
    try {
      visit(describe(entry));
    } catch (error) {
      parser.emit('error', error);
    }
  };
  parser.on('entry', show).on('ignoredEntry', show);
  await feed(createReadStream(path), parser, 'end', maxBytes);
}

/** Unpacks a gzip tar into an existing folder. Each entry blocks the process, for a time that grows with its depth. */
export async function unpackArchive(archive: Readable, into: string): Promise<void> {
  const filter = (_path: string, entry: ReadEntry | Stats): boolean => !('linkpath' in entry && isLinkToItself(entry));
  const unpack = new UnpackSync({ cwd: into, strict: true, noMtime: true, processUmask: 0o022, filter });
  tellCutOff(unpack);
  await feed(archive, unpack, 'close');
}

const FILES = ['File', 'OldFile', 'ContiguousFile'];

/** Detects a short write of a full disk, which node-tar counts as a whole write. */
export function tellCutOff(unpack: UnpackSync): void {
  unpack.on('entry', (entry: ReadEntry) => {
    if (entry.size === 0 || !FILES.includes(entry.type)) return;
    entry.on('end', () => {
      const written = lstatSync(String(entry.absolute), { throwIfNoEntry: false });
      const isWhole = entry.blockRemain === 0; // otherwise the tar itself is truncated
      if (isWhole && written?.isFile() && written.size < entry.size) unpack.emit('error', noRoom());
    });
  });
}

/** Returns the error of a disk that is full, or would be. */
export const noRoom = (): Error => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });

/** Returns the host's own failure behind a node-tar warning about an entry. Undefined if the entry is to blame. */
export function failureOfHost(error: NodeJS.ErrnoException): Error | undefined {
  const { code = '', syscall } = error;
  if (code === 'ENOENT' && syscall === 'lstat') return noRoom(); // node-tar calls lstat after a failed `mkdir`
  return OF_THE_HOST.includes(code) ? error : undefined;
}

/**
 * Returns true for a hard link to itself. Archivers write one for a file that was listed twice; creating the link would
 * remove the file first.
 */
function isLinkToItself({ type, path, linkpath = '' }: ReadEntry): boolean {
  return type === 'Link' && posix.normalize(path) === posix.normalize(linkpath);
}

function describe({ path, type, size, mode, linkpath }: ReadEntry): ArchiveEntry {
  return { path, type, sizeBytes: size, mode, ...(linkpath !== undefined && { linkPath: linkpath }) };
}

/** Unzips into a parser. The gunzip rejects a plain tar, which the parser alone would accept. */
async function feed(file: Readable, parser: Parser, last: 'end' | 'close', maxBytes = Infinity): Promise<void> {
  const gunzip = createGunzip();
  const tar = new TarNames(replacement);
  let bytes = 0;
  let isOver = false; // the rest is padding, which the parser would copy again with every chunk
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => {
      file.destroy();
      gunzip.destroy();
      tar.destroy();
      reject(error);
    };
    parser.on('error', (error: Error) => {
      fail(asBroken(error));
    });
    parser.on('eof', () => (isOver = true));
    parser.on('drain', () => tar.resume());
    parser.on(last, resolve);
    file.on('error', fail);
    gunzip.on('error', (error) => {
      fail(asBroken(error));
    });
    tar.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) fail(new BrokenArchiveError('it goes on after its last entry'));
      else if (!isOver && !parser.write(chunk)) tar.pause();
    });
    tar.on('end', () => {
      parser.end();
    });
    file.pipe(gunzip).pipe(tar);
  });
}

type ParseError = Error & { code?: string; tarCode?: string; syscall?: string; entry?: ReadEntry };

/** Turns errors of zlib and tar into a broken archive. Errors of the disk and of the visitor stay the same. */
function asBroken(error: ParseError): Error {
  const { code = '', tarCode, syscall, entry } = error;
  const ofHost = failureOfHost(error);
  if (ofHost) return ofHost;
  if (tarCode === undefined && !/^(Z_|TAR_)/.test(code)) return error;
  // The message of a system call has the path on this host; the entry's name is more useful.
  const reason = syscall === undefined ? error.message : code;
  return new BrokenArchiveError(reason, { cause: error, ...(tarCode === 'TAR_ENTRY_ERROR' && { entry: entry?.path }) });
}
