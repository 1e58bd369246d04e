// Reading of gzip tar archives. What an archive may hold is judged by the caller, entry by entry.
import { createReadStream, type Stats } from 'node:fs';
import { posix } from 'node:path';
import { createGunzip } from 'node:zlib';
import { Parser, Unpack, type ReadEntry } from 'tar';
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
export const OF_THE_HOST = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM', 'EACCES'];

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
  await feed(path, parser, 'end', maxBytes);
}

export async function unpackArchive(path: string, into: string): Promise<void> {
  const filter = (_path: string, entry: ReadEntry | Stats): boolean => !('linkpath' in entry && isLinkToItself(entry));
  await feed(path, new Unpack({ cwd: into, strict: true, noMtime: true, processUmask: 0o022, filter }), 'close');
}

/** As archivers write a file that they were told of twice: to make it would remove the file first. */
function isLinkToItself({ type, path, linkpath = '' }: ReadEntry): boolean {
  return type === 'Link' && posix.normalize(path) === posix.normalize(linkpath);
}

function describe({ path, type, size, mode, linkpath }: ReadEntry): ArchiveEntry {
  return { path, type, sizeBytes: size, mode, ...(linkpath !== undefined && { linkPath: linkpath }) };
}

/** Unzips into a parser. It is the gunzip that insists on gzip; the parser alone would take a plain tar, too. */
async function feed(path: string, parser: Parser, last: 'end' | 'close', maxBytes = Infinity): Promise<void> {
  const file = createReadStream(path);
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
  if (OF_THE_HOST.includes(code) || (tarCode === undefined && !/^(Z_|TAR_)/.test(code))) return error;
  // A system call's own words tell where it is unpacked to: the entry's name says more.
  const reason = syscall === undefined ? error.message : code;
  return new BrokenArchiveError(reason, { cause: error, ...(tarCode === 'TAR_ENTRY_ERROR' && { entry: entry?.path }) });
}
