// Measures a tree up to a limit. Other processes may write in it meanwhile.
import type { Dirent } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { TreeSize } from '../../contract/source-limits.js';
import { pathBelow, shownName } from '../../file-names.js';
import { ifThere } from '../../files.js';
import { walk } from './open-folder.js';

/** Counts entries and their bytes below a folder, and stops soon after `most` is exceeded. Links aren't followed. */
export async function measureTree(path: string, most: TreeSize): Promise<TreeSize> {
  const totals: TreeSize = { entries: 0, bytes: 0 };
  const waiting: (string | Buffer)[] = [path];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const folder = await ifThere(walk(at));
    if (!folder) continue;
    for await (const entry of folder) {
      totals.entries += 1;
      if (entry.isDirectory()) waiting.push(pathBelow(at, entry.name));
      else totals.bytes += (await ifThere(fs.lstat(pathBelow(at, entry.name))))?.size ?? 0;
      if (totals.entries > most.entries || totals.bytes > most.bytes) return totals;
    }
  }
  return totals;
}

/** Returns the wanted entries of a folder, unsorted. Undefined if there are more than `most`. */
export async function listSome(
  path: string,
  isWanted: (name: string) => boolean,
  most: number,
): Promise<Dirent<Buffer>[] | undefined> {
  const folder = await ifThere(walk(path));
  const entries: Dirent<Buffer>[] = [];
  if (!folder) return entries;
  for await (const entry of folder) {
    if (!isWanted(shownName(entry.name))) continue;
    entries.push(entry);
    if (entries.length > most) return undefined;
  }
  return entries;
}
