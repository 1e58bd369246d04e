// The host's disk: reading, atomic writing, copying, hashing. What to keep, skip or refuse is not decided here.
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { constants, createReadStream, readlinkSync, type Dirent } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { TreeSize } from '../../contract/source-limits.js';
import { shownName } from '../../file-names.js';
import { ifThere, replaceFile } from '../../files.js';
import { findInHeads } from './file-heads.js';
import { readProjectFile } from './project-file.js';
import { absent, withFile } from './open-folder.js';
import { closedEntry, openToAll, openTop } from './open-modes.js';
import {
  guard,
  handOver,
  handOverAlong,
  isGuarded,
  openToRead,
  takeBack,
  type Extent,
  type Owner,
} from './ownership.js';
import { listSome, measureTree } from './tree-size.js';
import { copyTree, removeTree } from './trees.js';
import { withinFolder, type MissingParents } from './within-folder.js';
import { listArchive, type ArchiveVisitor } from './tar.js';

const FOR_OTHERS = constants.S_IRWXG | constants.S_IRWXO;

export type DiskEntryKind = 'file' | 'folder' | 'link' | 'other';

export interface DiskEntry {
  /** Escaped where it is not UTF-8: then no path of text leads to it. */
  name: string;
  isUtf8: boolean;
  kind: DiskEntryKind;
}

export interface FileFacts {
  bytes: number;
  isExecutable: boolean;
  /** For its owner alone. */
  isClosed: boolean;
}

export interface DiskPort {
  /** The text of one of Slipway's own files, or nothing when there is none. A project's is read by `readProjectFile`. */
  readText(path: string): Promise<string | undefined>;
  /**
   * The text of a project's file at a path below `root`, or nothing when there is none. A link is followed inside the
   * root alone. What is no regular file, or larger than `maxBytes`, is refused before a byte of it is read.
   */
  readProjectFile(root: string, path: string, maxBytes: number): Promise<string | undefined>;
  /** Writes to a temporary name, syncs, and renames: readers see the old text or the new, never a part. */
  writeAtomically(path: string, text: string, mode?: number): Promise<void>;
  makeFolder(path: string): Promise<void>;
  /** An empty folder that only this process's own user may enter, whatever was there. */
  makeClosedFolder(path: string): Promise<void>;
  /** A folder of root's, made where there is none, that a group may enter by its mode; without one nobody else. */
  guard(path: string, mode: number, gid?: number): Promise<void>;
  isGuarded(path: string, mode: number, gid: number): Promise<boolean>;
  /** Gives a tree to another user; of what is that user's already nothing is looked at, unless it is asked for. */
  handOver(path: string, owner: Owner, extent?: Extent): Promise<void>;
  /** The same of what a path leads to below a folder, and of the folders above it. */
  handOverAlong(root: string, path: string, owner: Owner): Promise<void>;
  /** What lies in a folder becomes root's again: read by the group, written by nobody else. */
  takeBack(path: string, gid: number): Promise<void>;
  /**
   * Works on what stands at a path below a folder that somebody else writes in: no link above it is followed. `at` names it
   * meanwhile, and `root` itself for ''. Undefined where a folder above is missing, unless those are `made`.
   */
  within<T>(
    root: string,
    path: string,
    work: (at: string) => Promise<T>,
    missing?: MissingParents,
  ): Promise<T | undefined>;
  /** Lets every user read a tree of root's, unless it is that group's; only a glance when its top is open. */
  openToRead(path: string, gid: number): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** What a path is, without following a link; nothing when there is none. */
  kindOf(path: string): Promise<DiskEntryKind | undefined>;
  /** A folder's entries, sorted by name; empty when there is no such folder. */
  list(path: string): Promise<DiskEntry[]>;
  /** Those of them that are wanted, sorted; undefined when they are more than `most`. */
  listSome(path: string, isWanted: (name: string) => boolean, most: number): Promise<DiskEntry[] | undefined>;
  /**
   * Shows at most `maxBytes` of each regular file right in a folder that others may write in, until one gives an answer.
   * No link is followed, and no FIFO waited for.
   */
  findInHeads<T>(folder: string, maxBytes: number, find: (head: string) => T | undefined): Promise<T | undefined>;
  /** Of a file, or of what a link leads to. */
  fileFacts(path: string): Promise<FileFacts>;
  /** Entries and bytes below a folder, counted until `most` is passed. Links are not followed. */
  measureTree(path: string, most: TreeSize): Promise<TreeSize>;
  /** Epoch ms of its last change, of a folder of its entries; nothing when there is none. */
  modifiedAt(path: string): Promise<number | undefined>;
  /** Epoch ms of its last change in any way, its name included; nothing when there is none. */
  changedAt(path: string): Promise<number | undefined>;
  /** Lets every user read and write a tree, and enter its folders. What is another user's stays as it is. */
  openToAll(path: string): Promise<void>;
  /** The same of what lies at most `levels` below, and is not open to every user yet: of that, the whole tree. */
  openTop(path: string, levels: number): Promise<void>;
  /** The first of a tree that this process may not read and write (at most `levels` below); nothing when it may all. */
  closedEntry(path: string, levels?: number): Promise<string | undefined>;
  readLink(path: string): Promise<string>;
  makeLink(target: string, path: string): Promise<void>;
  /** The path with every link resolved, or nothing when it leads nowhere, or round in a circle. */
  realPath(path: string): Promise<string | undefined>;
  /** Whether a link leads to itself in the end (or through more links than the kernel follows). */
  isLoop(path: string): Promise<boolean>;
  /**
   * Copies one file's content (shared with the original where the file system can) and sets its mode. A link, and what
   * really lies outside of the folder `within`, counts as absent (ENOENT).
   */
  copyFile(from: string, to: string, mode: number, within: string): Promise<void>;
  /** Copies a file or a whole folder, links as they are. */
  copyTree(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a whole tree; nothing there is as good. */
  remove(path: string): Promise<void>;
  /** SHA-256 of a file's content, in hex. */
  hashFile(path: string): Promise<string>;
  fileBytes(path: string): Promise<number>;
  freeBytes(path: string): Promise<number>;
  /** Reads through a gzip tar and shows each entry; what the visitor throws ends the reading. */
  listArchive(path: string, visit: ArchiveVisitor, maxBytes: number): Promise<void>;
}

export const disk: DiskPort = {
  readText: (path) => ifThere(fs.readFile(path, 'utf8')),
  readProjectFile,

  async writeAtomically(path, text, mode) {
    await fs.mkdir(dirname(path), { recursive: true });
    await replaceFile(path, text, mode);
  },

  async makeFolder(path) {
    await fs.mkdir(path, { recursive: true });
  },

  async makeClosedFolder(path) {
    await removeTree(path);
    await fs.mkdir(path, { recursive: true, mode: 0o700 });
  },

  within: withinFolder,
  guard,
  isGuarded,
  handOver,
  handOverAlong,
  takeBack,
  openToRead,

  exists: async (path) => (await ifThere(fs.lstat(path))) !== undefined,

  async kindOf(path) {
    const stats = await ifThere(fs.lstat(path));
    return stats && kindOf(stats);
  },

  async list(path) {
    return named((await ifThere(fs.readdir(path, { encoding: 'buffer', withFileTypes: true }))) ?? []);
  },

  listSome: async (path, isWanted, most) => named(await listSome(path, isWanted, most)),
  measureTree,
  findInHeads,

  async fileFacts(path) {
    const { size, mode } = await fs.stat(path);
    return { bytes: size, isExecutable: (mode & constants.S_IXUSR) !== 0, isClosed: (mode & FOR_OTHERS) === 0 };
  },

  modifiedAt: async (path) => (await ifThere(fs.lstat(path)))?.mtimeMs,
  changedAt: async (path) => (await ifThere(fs.lstat(path)))?.ctimeMs,
  openToAll,
  openTop,
  closedEntry,
  readLink: (path) => fs.readlink(path),
  makeLink: (target, path) => fs.symlink(target, path),
  realPath: (path) => ifThere(unlessLoop(fs.realpath(path))),
  isLoop: async (path) => (await ifThere(unlessLoop(fs.stat(path), 'loop'))) === 'loop',

  async copyFile(from, to, mode, within) {
    await withFile(from, async (at) => {
      if (!readlinkSync(at).startsWith(`${within}/`)) throw absent(from);
      await fs.copyFile(at, to, constants.COPYFILE_FICLONE);
    });
    await fs.chmod(to, mode);
  },

  copyTree,

  async rename(from, to) {
    await fs.mkdir(dirname(to), { recursive: true });
    await fs.rename(from, to);
  },

  remove: removeTree,

  async hashFile(path) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  },

  fileBytes: async (path) => (await fs.stat(path)).size,

  async freeBytes(path) {
    const { bavail, bsize } = await fs.statfs(await nearestFolder(path));
    return bavail * bsize;
  },

  listArchive,
};

async function unlessLoop<T, L = undefined>(work: Promise<T>, loop?: L): Promise<T | L | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOOP') return loop;
    throw error;
  }
}

function named(entries: readonly Dirent<Buffer>[]): DiskEntry[];
function named(entries: readonly Dirent<Buffer>[] | undefined): DiskEntry[] | undefined;
function named(entries: readonly Dirent<Buffer>[] | undefined): DiskEntry[] | undefined {
  const rows = entries?.map((entry) => ({
    name: shownName(entry.name),
    isUtf8: isUtf8(entry.name),
    kind: kindOf(entry),
  }));
  return rows?.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): DiskEntryKind {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

/** The path itself, or the nearest folder above it that exists. */
async function nearestFolder(path: string): Promise<string> {
  if (await disk.exists(path)) return path;
  return nearestFolder(join(path, '..'));
}
