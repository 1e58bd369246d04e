import { dirname, join } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import { releaseBrought, releaseDir, releaseManifest } from '../../contract/layout.js';
import { ifThere } from '../../files.js';
import type { DiskPort } from '../ports/disk-port.js';
import type { FetchedSource, Fetching } from './fetching.js';
import { readManifest } from './manifest.js';
import { openBudget, type SourceBudget } from './source-budget.js';
import { releaseMode, type TreeEntry } from './tree.js';

/** Returns an earlier release that is still kept: only its own files, without files that the app wrote. */
export async function fetchSnapshot(
  { ports: { disk }, settings, ref, workFolder }: Fetching,
  release: string,
): Promise<FetchedSource> {
  const root = await disk.realPath(releaseDir(settings.layout, ref.service, release));
  const text = await disk.readText(releaseManifest(settings.layout, ref.service, release));
  if (root === undefined || text === undefined) {
    throw new SlipwayError('source_invalid', { text: 'source_invalid.snapshot_gone', params: { release } });
  }
  const { entries, folder, revision, version } = readManifest(text);
  const brought = await disk.realPath(releaseBrought(settings.layout, ref.service, release));
  if (brought === undefined) return { root, folder, revision, version, only: new Set(entries.map(({ path }) => path)) };
  const whole = join(workFolder, 'whole');
  await disk.makeFolder(whole);
  const budget = await openBudget(disk, whole);
  for (const entry of entries) await putBack(disk, budget, entry, { root, brought, whole });
  return { root: whole, folder, revision, version };
}

/** Copies an entry. An entry that was moved aside for persisted data takes precedence over the entry in its place. */
async function putBack(
  disk: DiskPort,
  budget: SourceBudget,
  entry: TreeEntry,
  { root, brought, whole }: { root: string; brought: string; whole: string },
): Promise<void> {
  const to = join(whole, entry.path);
  if (entry.kind === 'folder') return disk.makeFolder(to);
  const within = (await disk.exists(join(brought, entry.path))) ? brought : root;
  await disk.makeFolder(dirname(to));
  if (entry.kind === 'link') return disk.makeLink(entry.target, to);
  const facts = await ifThere(disk.fileFacts(join(within, entry.path))); // the app may have made it larger
  await budget.take(entry.path, facts?.bytes ?? 0);
  const mode = releaseMode(entry.path, { isClosed: facts?.isClosed ?? false, executable: entry.executable });
  await ifThere(disk.copyFile(join(within, entry.path), to, mode, within)); // the app may have removed it
}
