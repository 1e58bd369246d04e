import type { BuildVersion } from '../../contract/steps.js';
import type { TreeEntry } from './tree.js';

/** What a release was made of: stands beside it, so that its own files are told from what the app writes. */
export interface Manifest {
  sourceHash: string;
  /** As in `Release`. */
  folder?: string;
  revision?: string;
  version?: BuildVersion;
  entries: TreeEntry[];
}

export const writeManifest = (manifest: Manifest): string => `${JSON.stringify(manifest)}\n`;

export const readManifest = (text: string): Manifest => JSON.parse(text) as Manifest; // written by `writeManifest` alone

/** What a member's own folder holds, by paths from there. */
export function entriesBelow(entries: Manifest['entries'], folder?: string): Manifest['entries'] {
  if (folder === undefined) return entries;
  const inside = entries.filter(({ path }) => path.startsWith(`${folder}/`));
  return inside.map((entry) => ({ ...entry, path: entry.path.slice(folder.length + 1) }));
}
