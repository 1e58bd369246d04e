import { SlipwayError } from '../../contract/errors.js';
import { releaseDir, releaseManifest } from '../../contract/layout.js';
import type { FetchedSource, Fetching } from './fetching.js';
import { readManifest } from './manifest.js';

/** An earlier release that is still kept: its own files only, not what the app wrote beside them. */
export async function fetchSnapshot(
  { ports: { disk }, settings, ref }: Fetching,
  release: string,
): Promise<FetchedSource> {
  const root = await disk.realPath(releaseDir(settings.layout, ref.service, release));
  const text = await disk.readText(releaseManifest(settings.layout, ref.service, release));
  if (root === undefined || text === undefined) {
    throw new SlipwayError('source_invalid', { text: 'source_invalid.snapshot_gone', params: { release } });
  }
  const { entries, revision } = readManifest(text);
  return { root, revision, only: new Set(entries.map(({ path }) => path)) };
}
