// Writes a tar while it is read, entry by entry, for any size.
import { Readable } from 'node:stream';
import { Header, Pax } from 'tar';

export type TarEntry =
  | { path: string; type: 'Directory'; mode: number; mtime: Date }
  | { path: string; type: 'SymbolicLink'; linkpath: string; mtime: Date }
  /** `size` in bytes. The content must have this size. */
  | { path: string; type: 'File'; mode: number; mtime: Date; size: number; content: () => AsyncIterable<Buffer> };

const BLOCK_BYTES = 512;
const LINK_MODE = 0o777;
const END = Buffer.alloc(2 * BLOCK_BYTES);

/** Returns the tar. The stream fails if an entry's content can't be read or has another size. */
export const tarOf = (entries: Iterable<TarEntry> | AsyncIterable<TarEntry>): Readable =>
  Readable.from(blocksOf(entries), { objectMode: false });

async function* blocksOf(entries: Iterable<TarEntry> | AsyncIterable<TarEntry>): AsyncGenerator<Buffer> {
  for await (const entry of entries) {
    yield headerOf(entry);
    if (entry.type === 'File') yield* contentOf(entry);
  }
  yield END;
}

/** Includes a block with the whole path, if it doesn't fit into the header. */
function headerOf(entry: TarEntry): Buffer {
  const header = new Header({
    ...{ mode: LINK_MODE, size: 0, uid: 0, gid: 0 },
    ...entry,
    path: entry.type === 'Directory' ? `${entry.path}/` : entry.path,
  });
  const block = Buffer.alloc(BLOCK_BYTES);
  if (!header.encode(block)) return block;
  const { path, linkpath, size } = header;
  return Buffer.concat([new Pax({ path, linkpath, size }).encode(), block]);
}

async function* contentOf({ path, size, content }: TarEntry & { type: 'File' }): AsyncGenerator<Buffer> {
  let left = size;
  for await (const chunk of content()) {
    left -= chunk.length;
    if (left < 0) break;
    yield chunk;
  }
  if (left !== 0) throw new Error(`${path} changed while it was read`);
  yield Buffer.alloc(-size & (BLOCK_BYTES - 1));
}
