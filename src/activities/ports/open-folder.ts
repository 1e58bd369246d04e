// Trees that others write in while root looks at them: an entry is reached through its open folder, as a path may lead
// elsewhere by the time it is used. What stands behind /proc/self/fd is the folder itself, and no link. Names are
// bytes: an app may have chosen some that are no UTF-8.
import { closeSync, constants, fstatSync, openSync, type Dirent, type PathLike } from 'node:fs';
import * as fs from 'node:fs/promises';
import { SlipwayError } from '../../contract/errors.js';
import { MAX_DEPTH } from '../../contract/source-limits.js';
import { pathBelow } from '../../file-names.js';
import { ifThere } from '../../files.js';

const ITSELF = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Entries read at once: a folder may hold millions of them. */
const BUFFERED = 1024;

/** Nobody has such a tree but by mistake, or by malice. */
export function mustBeShallow(depth: number): void {
  if (depth > MAX_DEPTH)
    throw new SlipwayError('source_invalid', { text: 'source_invalid.too_deep', params: { levels: MAX_DEPTH } });
}

export interface FolderEntry {
  name: Buffer;
  /** Good for as long as the work goes on; of a link, the link itself unless it is opened. */
  at: Buffer;
}

/** Works on a folder and its entries. Undefined, and no work, when it is none (any more). */
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
    const name = Buffer.from(letters, 'latin1'); // one letter was one byte: smaller than a million buffers at once
    yield { name, at: pathBelow(folder, name) };
  }
}

/** A folder's entries, read as they are asked for. Node reads bytes here, too, but its types don't say so. */
export async function walk(path: PathLike): Promise<AsyncIterable<Dirent<Buffer>>> {
  const folder: unknown = await fs.opendir(path, { encoding: 'buffer' as BufferEncoding, bufferSize: BUFFERED });
  return folder as AsyncIterable<Dirent<Buffer>>;
}

/** What is not as it was looked for: the error of nothing at all. */
export const absent = (path: PathLike): Error =>
  Object.assign(new Error(`${String(path)} is no file there`), { code: 'ENOENT' });

/**
 * A file that is one itself: no link, nothing that makes its reader wait. What is none counts as absent (ENOENT). Opened
 * and closed at once, as there may be thousands of them, and each wait costs more than the call.
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
    const { code } = error as NodeJS.ErrnoException; // of a link, and of a socket
    throw code === 'ELOOP' || code === 'ENXIO' ? absent(path) : error;
  }
}

/** Of what was swapped for a link since it was looked at, nothing is set. */
export async function chmodItself(path: PathLike, mode: number): Promise<void> {
  const file = await ifThere(fs.open(path, ITSELF));
  try {
    await file?.chmod(mode);
  } finally {
    await file?.close();
  }
}
