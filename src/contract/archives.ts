// Validates the entries of uploaded archives. The worker checks each entry before it unpacks the archive.
import { MAX_NAME_BYTES, MAX_PATH_BYTES } from './source-limits.js';
import type { TextWith } from './texts.js';

const FILE_TYPES = ['File', 'OldFile', 'ContiguousFile'];
const KNOWN_TYPES = [...FILE_TYPES, 'Directory', 'GNUDumpDir', 'SymbolicLink', 'Link'];
/** The setuid and setgid bits. */
const SET_ID_BITS = 0o6000;

/** An entry, as described by its tar header. */
export interface ArchiveEntry {
  path: string;
  /** `File`, `Directory`, `SymbolicLink`, `Link`, `FIFO`, `CharacterDevice`, … */
  type: string;
  sizeBytes: number;
  mode?: number;
  linkPath?: string;
}

/** Returns the key of the error text for an invalid entry, or undefined if the entry may be unpacked. */
export function judgeEntry(entry: ArchiveEntry): TextWith<'path'> | undefined {
  if (isAbsolute(entry.path)) return 'source_invalid.absolute_entry';
  if (leaves(entry.path)) return 'source_invalid.escaping_entry';
  if (!isUtf8(entry.path) || !isUtf8(entry.linkPath ?? '')) return 'source_invalid.not_utf8';
  if (!fitsFileSystem(entry.path)) return 'source_invalid.entry_name';
  if (!KNOWN_TYPES.includes(entry.type)) return 'source_invalid.special_entry';
  if (FILE_TYPES.includes(entry.type) && ((entry.mode ?? 0) & SET_ID_BITS) !== 0) return 'source_invalid.setid_entry';
  if (linkLeaves(entry)) return 'source_invalid.escaping_link';
  return undefined;
}

const isAbsolute = (path: string): boolean => path.startsWith('/');

/**
 * Returns true if a name was valid UTF-8. The decoder replaces invalid bytes with U+FFFD, so the name doesn't match the
 * file on disk.
 */
export const isUtf8 = (name: string): boolean => !name.includes('\ufffd');

/** Returns true if a path contains `..`. Archivers never write a path with `..`. */
const leaves = (path: string): boolean => path.split('/').includes('..');

export function fitsFileSystem(path: string): boolean {
  const bytes = (text: string): number => new TextEncoder().encode(text).length;
  if (path === '' || path.includes('\0') || bytes(path) > MAX_PATH_BYTES) return false;
  return path.split('/').every((name) => bytes(name) <= MAX_NAME_BYTES);
}

/**
 * Returns true if a link leads out of the archive. A symbolic link is relative to its folder, a hard link to the
 * archive's root.
 */
function linkLeaves({ type, path, linkPath = '' }: ArchiveEntry): boolean {
  if (type !== 'SymbolicLink' && type !== 'Link') return false;
  if (isAbsolute(linkPath)) return true;
  const from = type === 'Link' ? [] : path.split('/').slice(0, -1);
  return climbsOut([...from, ...linkPath.split('/')]);
}

/** Returns true if following these names leaves the root at any point. */
export function climbsOut(names: readonly string[]): boolean {
  let depth = 0;
  for (const name of names) {
    if (name === '' || name === '.') continue;
    depth += name === '..' ? -1 : 1;
    if (depth < 0) return true;
  }
  return false;
}
