// Works on trees that apps change at the same time. An entry is reached through its open folder, because an app can
// redirect a path at any moment. A path below /proc/self/fd leads to the open folder itself, and never to a link. Names
// are bytes, because an app can choose names that aren't UTF-8.
import { closeSync, constants, fstatSync, openSync, type Dirent, type PathLike } from 'node:fs';
import * as fs from 'node:fs/promises';
import { SlipwayError } from '../../contract/errors.js';
import { MAX_DEPTH } from '../../contract/source-limits.js';
import { pathBelow } from '../../file-names.js';
import { ifThere } from '../../files.js';

const ITSELF = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The number of entries that are read at once. A folder can have millions. */
const BUFFERED = 1024;

/** Throws if a tree is deeper than any real tree. */
export function mustBeShallow(depth: number): void {
  if (depth > MAX_DEPTH)
    throw new SlipwayError('source_invalid', { text: 'source_invalid.too_deep', params: { levels: MAX_DEPTH } });
}

export interface FolderEntry {
  name: Buffer;
  /** The path of the entry, valid until the work ends. For a link, it is the link itself unless it is opened. */
  at: Buffer;
}

/** Opens a folder and works on its entries. Returns undefined, without work, if the path isn't a folder. */
export async function withFolder<T>(
  path: PathLike,
  work: (folder: fs.FileHandle, entries: AsyncIterable<FolderEntry>) => Promise<T>,
): Promise<T | undefined> {
  const folder = await ifThere(fs.open(path, ITSELF | constants.O_DIRECTORY));
  if (!folder) return undefined;
  try {
    return await work(folder, entriesOf(folder));
  } finally {
    await folder.close();
  }
}

async function* entriesOf({ fd }: fs.FileHandle): AsyncIterable<FolderEntry> {
  const folder = `/proc/self/fd/${fd}`;
  for (const letters of await fs.readdir(folder, 'latin1')) {
    // Each character is a byte. A million strings need less memory than a million buffers.
    const name = Buffer.from(letters, 'latin1');
    yield { name, at: pathBelow(folder, name) };
  }
}

/** Reads a folder's entries one after the other. Node supports byte names here, although its types don't. */
export async function walk(path: PathLike): Promise<AsyncIterable<Dirent<Buffer>>> {
  const folder: unknown = await fs.opendir(path, { encoding: 'buffer' as BufferEncoding, bufferSize: BUFFERED });
  return folder as AsyncIterable<Dirent<Buffer>>;
}

/** Returns the error for an entry of another kind, which counts as absent. */
export const absent = (path: PathLike): Error =>
  Object.assign(new Error(`${String(path)} is no file there`), { code: 'ENOENT' });

/**
 * Works on a regular file. A link, a FIFO or a device counts as absent (ENOENT). The calls are synchronous, because
 * there can be thousands of files, and each wait costs more than the call.
 */
export async function withFile<T>(path: PathLike, work: (at: string) => Promise<T>): Promise<T> {
  const fd = openedItself(path);
  try {
    if (!fstatSync(fd).isFile()) throw absent(path);
    return await work(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}

function openedItself(path: PathLike): number {
  try {
    return openSync(path, ITSELF);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // the codes for a link and for a socket
    throw code === 'ELOOP' || code === 'ENXIO' ? absent(path) : error;
  }
}

/** Sets the mode of an entry itself. Does nothing if the entry was replaced by a link. */
export async function chmodItself(path: PathLike, mode: number): Promise<void> {
  const file = await ifThere(fs.open(path, ITSELF));
  try {
    await file?.chmod(mode);
  } finally {
    await file?.close();
  }
}
