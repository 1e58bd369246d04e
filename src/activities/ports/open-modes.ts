// Grants and checks access to a tree. Links in it are never followed, because an app may have created them with any
// target.
import { constants, type PathLike, type Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import { pathBelow, shownName } from '../../file-names.js';
import { ifThere } from '../../files.js';
import { chmodItself, mustBeShallow, walk, withFolder } from './open-folder.js';

const READ_WRITE = 0o666;
const ENTER = 0o111;
const DENIED = ['EACCES', 'EPERM'];
/** The number of entries of a folder that a check of the top reads: half a million uploads may be in one. */
const LOOKED_AT = 1000;

export async function openToAll(path: PathLike, depth = 0): Promise<void> {
  mustBeShallow(depth);
  const stats = await plainStats(path);
  if (!stats) return;
  const wanted = openMode(stats);
  if (wanted !== stats.mode) await unlessDenied(chmodItself(path, wanted & 0o777));
  if (!stats.isDirectory()) return;
  const openAll = withFolder(path, async (_folder, entries) => {
    for await (const { at } of entries) await openToAll(at, depth + 1);
  });
  await unlessDenied(openAll);
}

/**
 * Opens the top `levels` of a tree. A closed entry is opened with its whole content. An open entry counts as open
 * below, too.
 */
export async function openTop(path: PathLike, levels: number): Promise<void> {
  const stats = await plainStats(path);
  if (!stats) return;
  if (openMode(stats) !== stats.mode) return isOurs(stats) ? openToAll(path) : undefined;
  if (!stats.isDirectory() || levels === 0) return;
  const openEntries = withFolder(path, async ({ fd }) => {
    const folder = `/proc/self/fd/${fd}`;
    for (const name of await firstNames(folder)) await openTop(pathBelow(folder, name), levels - 1);
  });
  await unlessDenied(openEntries);
}

/**
 * Returns the first entry without access. With `levels`, checks only so many levels below the path. The result is for
 * people: see `shownName`.
 */
export async function closedEntry(path: string | Buffer, levels = Infinity): Promise<string | undefined> {
  if (process.getuid?.() === 0) return undefined; // root has full access
  const stats = await plainStats(path);
  if (!stats) return undefined;
  const isFolder = stats.isDirectory();
  const needed = constants.R_OK | constants.W_OK | (isFolder ? constants.X_OK : 0);
  const access = fs.access(path, needed).then(() => 'open' as const);
  if ((await unlessDenied(ifThere(access).then((outcome) => outcome ?? 'open'))) !== 'open') return shownName(path);
  if (!isFolder || levels === 0) return undefined;
  const names = levels === Infinity ? ((await ifThere(fs.readdir(path, 'buffer'))) ?? []) : await firstNames(path);
  for (const name of names) {
    const closed = await closedEntry(pathBelow(path, name), levels - 1);
    if (closed !== undefined) return closed;
  }
  return undefined;
}

async function plainStats(path: PathLike): Promise<Stats | undefined> {
  const stats = await ifThere(fs.lstat(path));
  return stats && (stats.isFile() || stats.isDirectory()) ? stats : undefined;
}

/**
 * Returns true if Slipway may change the mode. Only root may change it for files of other users, so without root a
 * check of all of them is useless.
 */
const isOurs = ({ uid }: Stats): boolean => [0, uid].includes(process.getuid?.() ?? 0);

function openMode(stats: Stats): number {
  const isEntered = stats.isDirectory() || (stats.mode & ENTER) !== 0; // or can be run: `chmod a+rwX`
  return stats.mode | READ_WRITE | (isEntered ? ENTER : 0);
}

async function firstNames(path: PathLike): Promise<Buffer[]> {
  const folder = await unlessDenied(ifThere(walk(path)));
  const names: Buffer[] = [];
  for await (const { name } of folder ?? []) if (names.push(name) === LOOKED_AT) break; // which closes the folder
  return names;
}

async function unlessDenied<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (DENIED.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
