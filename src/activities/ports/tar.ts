// Reading of gzip tar archives. What an archive may hold is judged by the caller, entry by entry.
import { createReadStream, lstatSync, type Stats } from 'node:fs';
import type { Readable } from 'node:stream';
import { posix } from 'node:path';
import { createGunzip } from 'node:zlib';
import { Parser, UnpackSync, type ReadEntry } from 'tar';
import type { ArchiveEntry } from '../../contract/archives.js';
import { replacement, TarNames } from './tar-names.js';

export type ArchiveVisitor = (entry: ArchiveEntry) => void;

/** The archive itself is broken: cut off, not gzip, not tar, or with an entry that fits none of those before it. */
export class BrokenArchiveError extends Error {
  override readonly name = 'BrokenArchiveError';

  constructor(
    message: string,
    readonly facts: { cause?: unknown; entry?: string } = {},
  ) {
    super(message, { cause: facts.cause });
  }
}

/** What fails of the host, whatever an archive holds. */
const OF_THE_HOST = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM', 'EACCES'];

/** Reads no more than `maxBytes` of unzipped data: the padding after the last entry may be a bomb, too. */
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

/**
 * Unpacks a gzip tar into a folder that is there. Blocks its process with every entry, for a time that grows with the
 * entry's depth.
 */
export async function unpackArchive(archive: Readable, into: string): Promise<void> {
  const filter = (_path: string, entry: ReadEntry | Stats): boolean => !('linkpath' in entry && isLinkToItself(entry));
  const unpack = new UnpackSync({ cwd: into, strict: true, noMtime: true, processUmask: 0o022, filter });
  tellCutOff(unpack);
  await feed(archive, unpack, 'close');
}

const FILES = ['File', 'OldFile', 'ContiguousFile'];

/** A full disk may take the beginning of a write, which node-tar counts as the whole. */
export function tellCutOff(unpack: UnpackSync): void {
  unpack.on('entry', (entry: ReadEntry) => {
    if (entry.size === 0 || !FILES.includes(entry.type)) return;
    entry.on('end', () => {
      const written = lstatSync(String(entry.absolute), { throwIfNoEntry: false });
      const isWhole = entry.blockRemain === 0; // else the tar itself is cut off
      if (isWhole && written?.isFile() && written.size < entry.size) unpack.emit('error', noRoom());
    });
  });
}

/** The disk is full, or would be. */
export const noRoom = (): Error => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });

/** The host's own failure behind one that node-tar tells of an entry, if it is one. */
export function failureOfHost(error: NodeJS.ErrnoException): Error | undefined {
  const { code = '', syscall } = error;
  if (code === 'ENOENT' && syscall === 'lstat') return noRoom(); // asked after a `mkdir` that failed
  return OF_THE_HOST.includes(code) ? error : undefined;
}

/** As archivers write a file that they were told of twice: to make it would remove the file first. */
function isLinkToItself({ type, path, linkpath = '' }: ReadEntry): boolean {
  return type === 'Link' && posix.normalize(path) === posix.normalize(linkpath);
}

function describe({ path, type, size, mode, linkpath }: ReadEntry): ArchiveEntry {
  return { path, type, sizeBytes: size, mode, ...(linkpath !== undefined && { linkPath: linkpath }) };
}

/** Unzips into a parser. It is the gunzip that insists on gzip; the parser alone would take a plain tar, too. */
async function feed(file: Readable, parser: Parser, last: 'end' | 'close', maxBytes = Infinity): Promise<void> {
  const gunzip = createGunzip();
  const tar = new TarNames(replacement);
  let bytes = 0;
  let isOver = false; // what follows is padding: the parser would copy it again with every chunk
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

/** What zlib and tar say of the archive; errors of the disk and the visitor's own stay as they are. */
function asBroken(error: ParseError): Error {
  const { code = '', tarCode, syscall, entry } = error;
  const ofHost = failureOfHost(error);
  if (ofHost) return ofHost;
  if (tarCode === undefined && !/^(Z_|TAR_)/.test(code)) return error;
  // A system call's own words tell where it is unpacked to: the entry's name says more.
  const reason = syscall === undefined ? error.message : code;
  return new BrokenArchiveError(reason, { cause: error, ...(tarCode === 'TAR_ENTRY_ERROR' && { entry: entry?.path }) });
}
