// Lists the files that git tracks in a folder. Tracked files belong to a deployment even if .gitignore matches them.
import { execFile, type ExecFileException } from 'node:child_process';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import { CliError } from './errors.js';

const MIB = 1024 ** 2;
/** Disables programs in the repository's settings, because the folder may come from somebody else. */
const NO_PROGRAMS = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'];
/**
 * Disables all protocols, so that git fetches nothing, whatever the repository's settings are. `ext::` URLs would also
 * run programs.
 */
const NOTHING_FETCHED = ['GIT_ALLOW_PROTOCOL=', 'GIT_NO_LAZY_FETCH=1', 'GIT_TERMINAL_PROMPT=0'];
/** Git reads an index of a million files in seconds. It waits without end for a file in `.git` that is a FIFO. */
const LONGEST_MS = 30_000;

export interface Tracked {
  files: ReadonlySet<string>;
  /** The folders that contain tracked files. */
  folders: ReadonlySet<string>;
}

export const NOTHING_TRACKED: Tracked = { files: new Set(), folders: new Set() };

/**
 * Returns the tracked files, relative to the folder and with `/`. Returns nothing if git isn't installed or refuses the
 * repository (another user's). Then only .gitignore decides. Throws `git_too_slow` after the time limit, and the reason
 * of `signal` if it aborts.
 */
export async function trackedIn(folder: string, signal?: AbortSignal, longestMs = LONGEST_MS): Promise<Tracked> {
  const files = new Set((await listed(folder, signal, longestMs)).split('\0'));
  files.delete('');
  const folders = new Set<string>();
  for (const file of files)
    for (let at = posix.dirname(file); at !== '.' && !folders.has(at); at = posix.dirname(at)) folders.add(at);
  return { files, folders };
}

async function listed(folder: string, signal: AbortSignal | undefined, longestMs: number): Promise<string> {
  const git = ['git', ...NO_PROGRAMS, 'ls-files', '-z', '--cached', '--recurse-submodules'];
  try {
    const { stdout } = await promisify(execFile)('env', [...NOTHING_FETCHED, ...git], {
      cwd: folder,
      timeout: longestMs,
      killSignal: 'SIGKILL',
      maxBuffer: 512 * MIB,
      ...(signal && { signal }),
    });
    return stdout;
  } catch (error) {
    signal?.throwIfAborted();
    const { killed, code } = error as ExecFileException;
    if (killed) throw new CliError('git_too_slow', { path: folder, seconds: longestMs / 1000 }, error);
    if (typeof code !== 'number') throw error;
    return ''; // not installed, or refused
  }
}
