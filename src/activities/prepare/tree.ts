// Copies a source tree into a release: selects its files, checks links, and hashes the content.
import { createHash } from 'node:crypto';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { isUtf8 } from '../../contract/archives.js';
import { SlipwayError } from '../../contract/errors.js';
import { MAX_SOURCE_ENTRIES } from '../../contract/source-limits.js';
import type { DiskEntry, DiskPort } from '../ports/disk-port.js';
import { ENVIRONMENT_MARK, isEnvFile, isExcludedName } from '../../contract/source-exclusions.js';
import type { FetchedSource } from './fetching.js';
import type { SourceBudget } from './source-budget.js';

export type TreeEntry =
  | { path: string; kind: 'folder' }
  | { path: string; kind: 'file'; executable: boolean; sha256: string }
  | { path: string; kind: 'link'; target: string };

export interface TreeCopy {
  /** The real path of the source's root. */
  from: string;
  to: string;
  /** A real path to exclude: the data folder. */
  never: string;
  /** If set, only these relative paths are copied (a kept release's own). */
  only?: ReadonlySet<string>;
  /** The limits of its size. */
  budget: SourceBudget;
  signal: AbortSignal;
}

export interface CopiedTree {
  entries: TreeEntry[];
  /** Sockets, FIFOs and devices, which are omitted because they have no content. */
  skipped: string[];
  /** Names that a release never contains, and folders of environments, with the number of omissions. */
  leftOut: Map<string, number>;
}

/** The number of files that are handled in parallel, enough to keep a disk busy. */
const AT_ONCE = 16;
const FILE_MODE = 0o644;
const EXECUTABLE_MODE = 0o755;
const OWNERS_BITS = 0o700;

/**
 * Returns the mode of a file. A file that other users can't read in the source is also closed in the release. A file of
 * variables is always closed.
 */
export function releaseMode(
  path: string,
  { isClosed, executable }: { isClosed: boolean; executable: boolean },
): number {
  const mode = executable ? EXECUTABLE_MODE : FILE_MODE;
  return isClosed || isEnvFile(path) ? mode & OWNERS_BITS : mode;
}

export async function copyTree(disk: DiskPort, copy: TreeCopy): Promise<CopiedTree> {
  const copied: CopiedTree = { entries: [], skipped: [], leftOut: new Map() };
  await disk.makeFolder(copy.to);
  await copyFolder(withRealPaths(disk), copy, '', copied);
  copied.entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  return copied;
}

/** The number of real paths that a copy remembers. */
const REMEMBERED_PATHS = 10_000;

/**
 * Returns a disk that remembers real paths for one copy. A link's target can have a thousand parts, and ten thousand
 * links can have the same ones. The source may change during the copy; the check of links is for mistakes, because an
 * app can make any link later.
 */
function withRealPaths(disk: DiskPort): DiskPort {
  const cache = new Map<string, Promise<string | undefined>>();
  return {
    ...disk,
    realPath(path) {
      const resolved = cache.get(path) ?? disk.realPath(path);
      if (cache.size >= REMEMBERED_PATHS) cache.clear();
      cache.set(path, resolved);
      return resolved;
    },
  };
}

const tooManyEntries = (): SlipwayError =>
  new SlipwayError('source_invalid', {
    text: 'source_invalid.too_many_entries',
    params: { limit: MAX_SOURCE_ENTRIES },
  });

/**
 * Returns the SHA-256 over sorted paths, exec bits, contents and links. Empty folders don't count, because git has
 * none.
 */
export function hashTree(
  entries: readonly TreeEntry[],
  { folder, version }: Pick<FetchedSource, 'folder' | 'version'> = {},
): string {
  const hash = createHash('sha256');
  if (folder !== undefined) hash.update(JSON.stringify(['folder', folder])); // another member of the same workspace
  if (version) hash.update(JSON.stringify(['version', version.value])); // another tag of the same tree
  for (const entry of entries) {
    if (entry.kind === 'file') hash.update(JSON.stringify(['file', entry.path, entry.executable, entry.sha256]));
    if (entry.kind === 'link') hash.update(JSON.stringify(['link', entry.path, entry.target]));
  }
  return hash.digest('hex');
}

async function copyFolder(disk: DiskPort, copy: TreeCopy, folder: string, into: CopiedTree): Promise<void> {
  const isWanted = (name: string): boolean => {
    const path = join(folder, name);
    if (isExcludedName(name)) leaveOut(into, name);
    return !isExcludedName(name) && join(copy.from, path) !== copy.never && (copy.only?.has(path) ?? true);
  };
  const wanted = await disk.listSome(join(copy.from, folder), isWanted, MAX_SOURCE_ENTRIES);
  if (wanted === undefined) throw tooManyEntries();
  for (const { name, isUtf8 } of wanted) if (!isUtf8) throw notUtf8(join(folder, name));
  for (let i = 0; i < wanted.length; i += AT_ONCE) {
    copy.signal.throwIfAborted();
    const batch = wanted.slice(i, i + AT_ONCE);
    await Promise.all(
      batch.filter(({ kind }) => kind !== 'folder').map((entry) => copyEntry(disk, copy, folder, entry, into)),
    );
    for (const { name, kind } of batch) {
      if (kind === 'folder') await copySubfolder(disk, copy, join(folder, name), into);
    }
  }
}

function leaveOut({ leftOut }: CopiedTree, name: string): void {
  leftOut.set(name, (leftOut.get(name) ?? 0) + 1);
}

async function copySubfolder(disk: DiskPort, copy: TreeCopy, path: string, into: CopiedTree): Promise<void> {
  if (await disk.exists(join(copy.from, path, ENVIRONMENT_MARK))) {
    leaveOut(into, path);
    return;
  }
  await copy.budget.take(path, 0);
  await disk.makeFolder(join(copy.to, path));
  into.entries.push({ path, kind: 'folder' });
  await readable(path, () => copyFolder(disk, copy, path, into));
}

async function copyEntry(
  disk: DiskPort,
  copy: TreeCopy,
  folder: string,
  entry: DiskEntry,
  into: CopiedTree,
): Promise<void> {
  const path = join(folder, entry.name);
  if (entry.kind === 'other') {
    await copy.budget.take(path, 0);
    into.skipped.push(path);
  }
  if (entry.kind === 'link') into.entries.push(await readable(path, () => copyLink(disk, copy, path)));
  if (entry.kind === 'file') into.entries.push(await readable(path, () => copyFile(disk, copy, path)));
}

async function copyFile(disk: DiskPort, { from, to, budget }: TreeCopy, path: string): Promise<TreeEntry> {
  const { bytes, isExecutable: executable, isClosed } = await disk.fileFacts(join(from, path));
  await budget.take(path, bytes);
  await disk.copyFile(join(from, path), join(to, path), releaseMode(path, { isClosed, executable }), from);
  return { path, kind: 'file', executable, sha256: await disk.hashFile(join(to, path)) };
}

/**
 * Returns the error for a name that isn't UTF-8. Requests, archives and manifests name files as text, so such a file
 * could be deployed from some sources only.
 */
const notUtf8 = (path: string): SlipwayError =>
  new SlipwayError('source_invalid', { text: 'source_invalid.not_utf8', params: { path } });

/**
 * Copies a link with a relative target. A link that leads out of the source is rejected, because its target would be
 * missing.
 */
async function copyLink(disk: DiskPort, { from, to, budget }: TreeCopy, path: string): Promise<TreeEntry> {
  const folder = dirname(join(from, path));
  if (await disk.isLoop(join(from, path))) {
    throw new SlipwayError('source_invalid', { text: 'source_invalid.link_loop', params: { path } });
  }
  const written = await disk.readLink(join(from, path));
  await budget.take(path, 0, written);
  if (!isUtf8(written) && !(await disk.exists(resolve(folder, written)))) throw notUtf8(path);
  const target = isAbsolute(written) ? relative(folder, (await disk.realPath(written)) ?? written) : written;
  if (await leadsOut(disk, from, folder, target)) {
    throw new SlipwayError('source_invalid', { text: 'source_invalid.escaping_link', params: { path } });
  }
  await disk.makeLink(target, join(to, path));
  return { path, kind: 'link', target };
}

/**
 * Resolves a link as the kernel would, even if its end is missing: a `..` is relative to the target of an earlier link.
 */
async function leadsOut(disk: DiskPort, root: string, folder: string, target: string): Promise<boolean> {
  let at = folder;
  for (const name of target.split('/').filter((part) => part !== '' && part !== '.')) {
    const next = join(at, name);
    at = (await disk.realPath(next)) ?? next;
    if (!isInside(root, at)) return true;
  }
  return false;
}

export const isInside = (root: string, path: string): boolean => path === root || path.startsWith(`${root}/`);

/** Adds the path to the error of an entry that can't be read. If the entry vanished, the error is retryable. */
async function readable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === 'ENOENT')
      throw new SlipwayError('source_invalid', {
        text: 'source_invalid.changed',
        params: { path },
        retryable: true,
        cause,
      });
    if (code !== 'EACCES' && code !== 'EPERM') throw cause;
    throw new SlipwayError('source_invalid', {
      text: 'source_invalid.unreadable',
      params: { path, reason: code },
      cause,
    });
  }
}
