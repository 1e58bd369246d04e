// Makes the tar of a build context for the engine.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { tarOf, type TarEntry } from './tar-writer.js';

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
export const contextTar = (
  root: string,
  entries: readonly ContextEntry[],
  added: Readonly<Record<string, string>>,
): Readable => tarOf(entriesOf(root, entries, added));

async function* entriesOf(
  root: string,
  entries: readonly ContextEntry[],
  added: Readonly<Record<string, string>>,
): AsyncGenerator<TarEntry> {
  for (const [path, text] of Object.entries(added)) yield textEntry(path, text);
  for (const entry of entries) if (!isReplaced(entry.path, added)) yield await tarEntryOf(root, entry);
}

const isReplaced = (path: string, added: Readonly<Record<string, string>>): boolean =>
  Object.hasOwn(added, path.split('/', 1)[0] ?? '');

function textEntry(path: string, text: string): TarEntry {
  const bytes = Buffer.from(text);
  return {
    path,
    type: 'File',
    mode: FILE_MODE,
    mtime: MODIFIED,
    size: bytes.length,
    content: () => Readable.from([bytes]),
  };
}

async function tarEntryOf(root: string, entry: ContextEntry): Promise<TarEntry> {
  const common = { path: entry.path, mtime: MODIFIED };
  switch (entry.kind) {
    case 'folder':
      return { ...common, type: 'Directory', mode: FOLDER_MODE };
    case 'link':
      return { ...common, type: 'SymbolicLink', linkpath: entry.target };
    case 'file': {
      const path = join(root, entry.path);
      const { size } = await stat(path);
      const mode = entry.executable ? EXECUTABLE_MODE : FILE_MODE;
      return { ...common, type: 'File', mode, size, content: () => createReadStream(path) };
    }
  }
}
