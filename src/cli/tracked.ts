// Lists the files that git tracks in a folder. Tracked files belong to a deployment even if .gitignore matches them.
import { execFileSync } from 'node:child_process';
import { posix } from 'node:path';

const MIB = 1024 ** 2;
/** Disables programs in the repository's settings, because the folder may come from somebody else. */
const NO_PROGRAMS = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'];
/**
 * Disables all protocols, so that git fetches nothing, whatever the repository's settings are. `ext::` URLs would also
 * run programs.
 */
const NOTHING_FETCHED = ['GIT_ALLOW_PROTOCOL=', 'GIT_NO_LAZY_FETCH=1', 'GIT_TERMINAL_PROMPT=0'];
const LONGEST_MS = 60_000;

export interface Tracked {
  files: ReadonlySet<string>;
  /** The folders that contain tracked files. */
  folders: ReadonlySet<string>;
}

export const NOTHING_TRACKED: Tracked = { files: new Set(), folders: new Set() };

/**
 * Returns the tracked files, relative to the folder and with `/`. Returns nothing if git isn't installed or refuses the
 * repository (another user's). Then only .gitignore decides.
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
