// The size limits of a source, whatever its type: an archive, a repository, a folder, or a kept release.
import type { Message } from './texts.js';
import { jsonBytes } from './json-bytes.js';

const MIB = 1024 ** 2;

/** Larger than any real project. A source above this size is a mistake or a decompression bomb. */
export const MAX_SOURCE_BYTES = 2048 * MIB;
/** The maximum number of files, folders and links. A larger project contains an environment or a dataset by mistake. */
export const MAX_SOURCE_ENTRIES = 100_000;
/**
 * The maximum size of all paths and link targets, as JSON. A release's manifest has all paths, and each step keeps them
 * in memory.
 */
export const MAX_NAMES_BYTES = 32 * MIB;
/** Linux allows 4,096 bytes for a whole path. The rest is for the folders above a release. */
export const MAX_PATH_BYTES = 3072;
/** The longest name in ext4, xfs and btrfs. */
export const MAX_NAME_BYTES = 255;
/**
 * The maximum depth of a source's files and folders. The time to unpack an archive grows with the depth of each entry. Real
 * projects have fewer than 30 levels.
 */
export const MAX_SOURCE_DEPTH = 100;
/**
 * The maximum depth of folders that apps make in their data. A walk keeps one folder open per level, and a process may open only a limited
 * number.
 */
export const MAX_DEPTH = 1000;

/**
 * The maximum size of a project file that Slipway parses, such as a Procfile. Real files have a few kB, generated files
 * up to 300 kB.
 */
export const MAX_PROJECT_TEXT_BYTES = MIB;
/**
 * The maximum size of a lock file. Lock files list each file of each package, so large projects have some MB. Slipway
 * hashes lock files and never parses them.
 */
export const MAX_LOCK_BYTES = 32 * MIB;
/**
 * The longest line of a project file. Linux allows at most 128 KiB for an argument, so a longer command line is a
 * mistake.
 */
export const MAX_LINE_CHARACTERS = 65_536;
/**
 * The maximum number of lines of a project file. Requirements with hashes for hundreds of packages have about 10,000
 * lines.
 */
export const MAX_LINES = 50_000;

export interface TreeSize {
  entries: number;
  bytes: number;
}

export interface SourceTotals extends TreeSize {
  /** The size of all paths and link targets. */
  namesBytes: number;
}

export const noTotals = (): SourceTotals => ({ entries: 0, bytes: 0, namesBytes: 0 });

/** Adds one entry. `bytes` is the file's size. `names` are the entry's path and, for a link, its target. */
export function addEntry(totals: SourceTotals, bytes: number, ...names: string[]): void {
  totals.entries += 1;
  totals.bytes += bytes;
  for (const name of names) totals.namesBytes += jsonBytes(name);
}

/** Returns whether a path, as archives write it, lies deeper than `MAX_SOURCE_DEPTH`. */
export const isTooDeep = (path: string): boolean =>
  path.split('/').filter((name) => name !== '' && name !== '.').length > MAX_SOURCE_DEPTH;

/** Returns the error text for the limit that a source exceeds, or undefined if it is within all limits. */
export function judgeTotals({
  entries,
  bytes,
  namesBytes = 0,
}: TreeSize & { namesBytes?: number }): Message | undefined {
  if (namesBytes > MAX_NAMES_BYTES)
    return { text: 'source_invalid.long_names', params: { limit: MAX_NAMES_BYTES / MIB } };
  if (entries > MAX_SOURCE_ENTRIES)
    return { text: 'source_invalid.too_many_entries', params: { limit: MAX_SOURCE_ENTRIES } };
  if (bytes > MAX_SOURCE_BYTES) return { text: 'source_invalid.too_big', params: { limit: MAX_SOURCE_BYTES / MIB } };
  return undefined;
}

/** The most characters of a command, from the request or from the project. */
export const LONGEST_COMMAND = 4096;
