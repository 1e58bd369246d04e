// What git tracks of a folder: it belongs to a deployment, also where .gitignore names it.
import { execFileSync } from 'node:child_process';
import { posix } from 'node:path';

const MIB = 1024 ** 2;
/** The settings of a repository may name programs: of a folder that somebody else made, too. */
const NO_PROGRAMS = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'];
/** Nor is anything fetched that it lacks: `ext::` URLs are programs, too. No protocol is allowed, whatever its settings say. */
const NOTHING_FETCHED = ['GIT_ALLOW_PROTOCOL=', 'GIT_NO_LAZY_FETCH=1', 'GIT_TERMINAL_PROMPT=0'];
const LONGEST_MS = 60_000;

export interface Tracked {
  files: ReadonlySet<string>;
  /** That hold any of them. */
  folders: ReadonlySet<string>;
}

export const NOTHING_TRACKED: Tracked = { files: new Set(), folders: new Set() };

/**
 * Paths from the folder, with `/`. Nothing where git isn't installed or refuses the repository (another user's): then
 * .gitignore alone decides.
 */
export function trackedIn(folder: string): Tracked {
  const files = new Set(listed(folder).split('\0'));
  files.delete('');
  const folders = new Set<string>();
  for (const file of files)
    for (let at = posix.dirname(file); at !== '.' && !folders.has(at); at = posix.dirname(at)) folders.add(at);
  return { files, folders };
}

function listed(folder: string): string {
  try {
    const git = ['git', ...NO_PROGRAMS, 'ls-files', '-z', '--cached', '--recurse-submodules'];
    return execFileSync('env', [...NOTHING_FETCHED, ...git], {
      cwd: folder,
      timeout: LONGEST_MS,
      encoding: 'utf8',
      maxBuffer: 512 * MIB,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}
