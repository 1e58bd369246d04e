// Reads, writes, copies and hashes files on the host's disk. The callers decide what to keep, skip or refuse.
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
  /** Escaped if the name isn't UTF-8. No path as text leads to such an entry. */
  name: string;
  isUtf8: boolean;
  kind: DiskEntryKind;
}

export interface FileFacts {
  bytes: number;
  isExecutable: boolean;
  /** True if only the owner can read it. */
  isClosed: boolean;
}

export interface DiskPort {
  /**
   * Returns the text of one of Slipway's own files, or undefined if there is none. For a project's file, use
   * `readProjectFile`.
   */
  readText(path: string): Promise<string | undefined>;
  /**
   * Returns the text of a project's file at a path below `root`, or undefined if there is none. Follows links only
   * inside the root. Rejects other kinds of files, and files above `maxBytes`, before it reads a byte.
   */
  readProjectFile(root: string, path: string, maxBytes: number): Promise<string | undefined>;
  /** Writes to a temporary name, syncs, and renames. Readers see the old text or the new text, and never a part. */
  writeAtomically(path: string, text: string, mode?: number): Promise<void>;
  makeFolder(path: string): Promise<void>;
  /** Creates an empty folder that only this process's user can enter. Removes an earlier entry at the path. */
  makeClosedFolder(path: string): Promise<void>;
  /**
   * Creates a folder of root if it is missing. The group can enter it by its mode; without a group, nobody else can.
   */
  guard(path: string, mode: number, gid?: number): Promise<void>;
  isGuarded(path: string, mode: number, gid: number): Promise<boolean>;
  /** Gives a tree to another user. Doesn't check below entries that already belong to the user, unless requested. */
  handOver(path: string, owner: Owner, extent?: Extent): Promise<void>;
  /** Gives the entry at a path below a folder to another user, and the folders above the entry too. */
  handOverAlong(root: string, path: string, owner: Owner): Promise<void>;
  /** Gives a folder's content back to root. The group can read it, and nobody else can write it. */
  takeBack(path: string, gid: number): Promise<void>;
  /**
   * Works on the entry at a path below a folder that other users write in. Follows no link above the entry. `at` is the
   * entry's path during the work; for '' it is `root` itself. Returns undefined if a folder above is missing and `made`
   * isn't set.
   */
  within<T>(
    root: string,
    path: string,
    work: (at: string) => Promise<T>,
    missing?: MissingParents,
  ): Promise<T | undefined>;
  /**
   * Lets every user read a tree of root, unless it belongs to the group. Checks only the top if the top is already
   * open.
   */
  openToRead(path: string, gid: number): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** Returns the kind of an entry without following a link, or undefined if there is none. */
  kindOf(path: string): Promise<DiskEntryKind | undefined>;
  /** Returns a folder's entries, sorted by name. Empty if there is no such folder. */
  list(path: string): Promise<DiskEntry[]>;
  /** Returns the wanted entries, sorted, or undefined if there are more than `most`. */
  listSome(path: string, isWanted: (name: string) => boolean, most: number): Promise<DiskEntry[] | undefined>;
  /**
   * Passes up to `maxBytes` of each regular file directly in a folder, until one gives an answer. Other users can write
   * in the folder: follows no link, and waits for no FIFO.
   */
  findInHeads<T>(folder: string, maxBytes: number, find: (head: string) => T | undefined): Promise<T | undefined>;
  /** The facts of a file, or of a link's target. */
  fileFacts(path: string): Promise<FileFacts>;
  /** Counts entries and bytes below a folder until `most` is exceeded. Follows no links. */
  measureTree(path: string, most: TreeSize): Promise<TreeSize>;
  /**
   * Returns the time of the last change of the content, in epoch ms, or undefined if there is no such entry. A folder's
   * content is its list of entries.
   */
  modifiedAt(path: string): Promise<number | undefined>;
  /**
   * Returns the time of the last change of any kind, also of the name, in epoch ms. Undefined if there is no such
   * entry.
   */
  changedAt(path: string): Promise<number | undefined>;
  /** Lets every user read and write a tree, and enter its folders. Entries of other users stay the same. */
  openToAll(path: string): Promise<void>;
  /** Opens the entries up to `levels` below that aren't open yet, each with its whole tree. */
  openTop(path: string, levels: number): Promise<void>;
  /**
   * Returns the first entry, up to `levels` below, that this process can't read and write. Undefined if there is none.
   */
  closedEntry(path: string, levels?: number): Promise<string | undefined>;
  readLink(path: string): Promise<string>;
  makeLink(target: string, path: string): Promise<void>;
  /** Returns the path with all links resolved, or undefined if it leads nowhere or in a circle. */
  realPath(path: string): Promise<string | undefined>;
  /** Returns true if a link leads to itself in the end, or through more links than the kernel follows. */
  isLoop(path: string): Promise<boolean>;
  /**
   * Copies one file's content and sets its mode. Shares the content with the original if the file system can. A link,
   * or a file outside of the folder `within`, counts as absent (ENOENT).
   */
  copyFile(from: string, to: string, mode: number, within: string): Promise<void>;
  /** Copies a file or a whole folder. Links stay links. */
  copyTree(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file or a whole tree. A missing entry is no error. */
  remove(path: string): Promise<void>;
  /** Returns the SHA-256 of a file's content, in hex. */
  hashFile(path: string): Promise<string>;
  fileBytes(path: string): Promise<number>;
  freeBytes(path: string): Promise<number>;
  /** Reads a gzip tar and passes each entry to the visitor. An error of the visitor ends the reading. */
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

/** Returns the path itself, or the nearest existing folder above it. */
async function nearestFolder(path: string): Promise<string> {
  if (await disk.exists(path)) return path;
  return nearestFolder(join(path, '..'));
}
