// What a source may weigh, wherever it comes from: an archive, a repository, a folder, a kept release. Pure.
import type { TextKey, TextParams } from './texts.js';

const MIB = 1024 ** 2;

/** More than any project of code has, and little enough for a disk: a source above it is a mistake or a bomb. */
export const MAX_SOURCE_BYTES = 2048 * MIB;
/** Files, folders and links: a project with more has an environment or a dataset in it by mistake. */
export const MAX_SOURCE_ENTRIES = 100_000;
/** All their paths and what links name, as JSON: a release's manifest holds them, and a step has them in memory. */
export const MAX_NAMES_BYTES = 32 * MIB;
/** Linux takes 4,096 bytes for a whole path: what is left is for the folders above a release. */
export const MAX_PATH_BYTES = 3072;
/** What a file system takes as one name (ext4, xfs, btrfs). */
export const MAX_NAME_BYTES = 255;
/** Folders in each other: each level of a walk holds one folder open, and a process may hold only so many. */
export const MAX_DEPTH = 1000;

/** A text that Slipway reads of a project, such as its Procfile. Real ones have a few kB; generated ones up to 300 kB. */
export const MAX_PROJECT_TEXT_BYTES = MIB;
/** A lock file names each file of each package, so that large projects have some MB. It is hashed, never parsed. */
export const MAX_LOCK_BYTES = 32 * MIB;
/** One line of such a text. A command line is longer only by mistake: Linux takes no argument above 128 KiB. */
export const MAX_LINE_CHARACTERS = 65_536;
/** Lines of such a text. Requirements with the hashes of hundreds of packages have some 10,000. */
export const MAX_LINES = 50_000;

export interface TreeSize {
  entries: number;
  bytes: number;
}

export interface SourceTotals extends TreeSize {
  /** Of their paths and what links name. */
  namesBytes: number;
}

export const noTotals = (): SourceTotals => ({ entries: 0, bytes: 0, namesBytes: 0 });

/** Adds one entry. `bytes` is the file's own size, `names` its path, and what it names as a link. */
export function addEntry(totals: SourceTotals, bytes: number, ...names: string[]): void {
  totals.entries += 1;
  totals.bytes += bytes;
  for (const name of names) totals.namesBytes += new TextEncoder().encode(JSON.stringify(name)).length;
}

/** The sentence that says which limit a source is over, or nothing when it is within all. */
export function judgeTotals({
  entries,
  bytes,
  namesBytes = 0,
}: TreeSize & { namesBytes?: number }): { text: TextKey; params: TextParams } | undefined {
  if (namesBytes > MAX_NAMES_BYTES)
    return { text: 'source_invalid.long_names', params: { limit: MAX_NAMES_BYTES / MIB } };
  if (entries > MAX_SOURCE_ENTRIES)
    return { text: 'source_invalid.too_many_entries', params: { limit: MAX_SOURCE_ENTRIES } };
  if (bytes > MAX_SOURCE_BYTES) return { text: 'source_invalid.too_big', params: { limit: MAX_SOURCE_BYTES / MIB } };
  return undefined;
}
