import { SlipwayError } from '../../contract/errors.js';
import { judgeSourcePath } from '../../contract/layout.js';
import type { Source } from '../../contract/requests.js';
import type { FetchedSource, Fetching } from './fetching.js';
import { within } from './subdirectory.js';

const REFUSALS = { outside_roots: 'source_invalid.outside_roots', data_folder: 'source_invalid.data_folder' } as const;

/**
 * Returns a folder on this host. Its real path is checked again, because a link may have changed since the request was
 * accepted.
 */
export async function fetchDirectory(
  { ports, settings }: Fetching,
  { path, subdirectory }: Extract<Source, { type: 'directory' }>,
): Promise<FetchedSource> {
  const root = await ports.disk.realPath(path);
  if (root === undefined || (await ports.disk.kindOf(root)) !== 'folder') {
    throw new SlipwayError('source_invalid', { text: 'source_invalid.no_directory', params: { path } });
  }
  const verdict = judgeSourcePath(root, settings.sourceRoots, await realDataFolder({ ports, settings }));
  if (verdict !== 'ok') throw new SlipwayError('source_invalid', { text: REFUSALS[verdict], params: { path } });
  return within({ ports }, root, subdirectory);
}

async function realDataFolder({ ports, settings }: Pick<Fetching, 'ports' | 'settings'>): Promise<string> {
  return (await ports.disk.realPath(settings.layout.root)) ?? settings.layout.root;
}
