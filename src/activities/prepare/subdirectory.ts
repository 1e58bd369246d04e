// Finds the part of a source that a request names. A member of a uv workspace stays in it, because its packages are
// beside it.
import { join, posix, relative, sep } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import { MAX_PROJECT_TEXT_BYTES } from '../../contract/source-limits.js';
import type { Pyproject } from '../project/pyproject.js';
import type { FetchedSource, Fetching } from './fetching.js';
import { isInside } from './tree.js';

const PYPROJECT = 'pyproject.toml';

/** Returns the folder alone, or its workspace's root with the folder's path in it. */
export async function within(
  fetching: Pick<Fetching, 'ports'>,
  source: string,
  path = '.',
): Promise<Pick<FetchedSource, 'root' | 'folder'>> {
  const { root, real } = await subfolder(fetching, source, path);
  const folder = relative(root, real).split(sep).join('/');
  const project = folder === '' ? undefined : await readProject(fetching, root, folder);
  if (!project?.hasProject) return { root: real };
  // Only the nearest workspace above counts, as in uv.
  for (const above of foldersAbove(folder)) {
    const { workspace } = (await readProject(fetching, root, above)) ?? {};
    if (!workspace) continue;
    const [member] = await fetching.ports.parser.parse('members', {
      workspace,
      folders: [posix.relative(above, folder)],
    });
    return member === undefined ? { root: real } : { root: join(root, above), folder: member };
  }
  return { root: real };
}

/** Returns the parent folders: for `a/b/c`, `a/b`, `a` and the root. */
function foldersAbove(folder: string): string[] {
  const above = posix.dirname(folder);
  return above === '.' ? ['.'] : [above, ...foldersAbove(above)];
}

async function readProject(
  { ports: { disk, parser } }: Pick<Fetching, 'ports'>,
  root: string,
  folder: string,
): Promise<Pyproject | undefined> {
  const text = await disk.readProjectFile(root, posix.join(folder, PYPROJECT), MAX_PROJECT_TEXT_BYTES);
  return text === undefined ? undefined : parser.parse('pyproject', text);
}

/** Returns the folder inside the source. Throws if a link leads out of the source. */
async function subfolder(
  { ports: { disk } }: Pick<Fetching, 'ports'>,
  source: string,
  path: string,
): Promise<{ root: string; real: string }> {
  const [root, real] = await Promise.all([disk.realPath(source), disk.realPath(join(source, path))]);
  const isFolder = real !== undefined && (await disk.kindOf(real)) === 'folder';
  if (root !== undefined && isFolder && isInside(root, real) && !isInside(join(root, '.git'), real))
    return { root, real };
  throw new SlipwayError('source_invalid', { text: 'source_invalid.no_subdirectory', params: { path } });
}
