import type { BuildVersion } from '../../contract/steps.js';
import type { TreeEntry } from './tree.js';

/**
 * The content of a release. The manifest is beside the release, so that the release's own files can be distinguished
 * from files that the app writes.
 */
export interface Manifest {
  sourceHash: string;
  /** The same as in `Release`. */
  folder?: string;
  revision?: string;
  version?: BuildVersion;
  entries: TreeEntry[];
}

export const writeManifest = (manifest: Manifest): string => `${JSON.stringify(manifest)}\n`;

export const readManifest = (text: string): Manifest => JSON.parse(text) as Manifest; // written only by `writeManifest`

/** Returns the entries in a member's own folder, with paths relative to the folder. */
export function entriesBelow(entries: Manifest['entries'], folder?: string): Manifest['entries'] {
  if (folder === undefined) return entries;
  const inside = entries.filter(({ path }) => path.startsWith(`${folder}/`));
  return inside.map((entry) => ({ ...entry, path: entry.path.slice(folder.length + 1) }));
}
