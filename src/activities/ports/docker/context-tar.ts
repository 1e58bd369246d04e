// Writes a build context for the engine: a tar that is written while it is read, for any size.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';

export type ContextEntry =
  | { path: string; kind: 'folder' }
  | { path: string; kind: 'file'; executable: boolean }
  | { path: string; kind: 'link'; target: string };

/** A fixed time, because builds compare layers. Zip files, and so wheels, can store it. */
const MODIFIED = new Date('2000-01-01T00:00:00Z');
const FOLDER_MODE = 0o755;
const FILE_MODE = 0o644;
const EXECUTABLE_MODE = 0o755;

/** Returns the tar. `added` are Slipway's own files at the top, which replace the project's files of the same name. */
export function contextTar(
  root: string,
  entries: readonly ContextEntry[],
  added: Readonly<Record<string, string>>,
): Readable {
  const tar = pack();
  writeAll(tar, root, entries, added).catch((error: unknown) => {
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return Readable.from(tar);
}

async function writeAll(
  tar: Pack,
  root: string,
  entries: readonly ContextEntry[],
  added: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, text] of Object.entries(added)) tar.entry({ name, mode: FILE_MODE, mtime: MODIFIED }, text);
  for (const entry of entries) if (!isReplaced(entry.path, added)) await writeEntry(tar, root, entry);
  tar.finalize();
}

const isReplaced = (path: string, added: Readonly<Record<string, string>>): boolean =>
  Object.hasOwn(added, path.split('/', 1)[0] ?? '');

async function writeEntry(tar: Pack, root: string, entry: ContextEntry): Promise<void> {
  const common = { name: entry.path, mtime: MODIFIED };
  switch (entry.kind) {
    case 'folder':
      tar.entry({ ...common, type: 'directory', mode: FOLDER_MODE });
      return;
    case 'link':
      tar.entry({ ...common, type: 'symlink', linkname: entry.target });
      return;
    case 'file': {
      const path = join(root, entry.path);
      const { size } = await stat(path);
      const mode = entry.executable ? EXECUTABLE_MODE : FILE_MODE;
      await pipeline(createReadStream(path), tar.entry({ ...common, size, mode }));
    }
  }
}
