// Selects the files of a release that go into a build: those that .dockerignore keeps, up to a size limit. Pure.
import { SlipwayError } from '../../contract/errors.js';
import { compileDockerignore } from '../../contract/ignore/dockerignore.js';
import { PatternError } from '../../contract/ignore/glob.js';
import { DOCKERFILE } from './dockerfile.js';

const MIB = 1024 ** 2;
/** The size limit of a build context. A larger one contains a dataset or an environment by mistake. */
const MOST_BYTES = 1024 * MIB;
const FOLDERS_NAMED = 3;
/** Docker always sends these files, because the build itself needs them. */
const ALWAYS = new Set([DOCKERFILE, '.dockerignore']);

/**
 * Returns the paths that go into the build. An ignored folder doesn't exclude the files in it by itself, because a rule
 * may include one of them again (`!folder/file`).
 */
export function selectPaths(paths: readonly string[], rules: string): string[] {
  try {
    const isIgnored = compileDockerignore(rules);
    return paths.filter((path) => ALWAYS.has(path) || !isIgnored(path));
  } catch (cause) {
    if (!(cause instanceof PatternError)) throw cause;
    throw new SlipwayError('source_invalid', {
      text: 'docker.ignore_invalid',
      params: { reason: cause.message },
      cause,
    });
  }
}

export interface Sized {
  path: string;
  bytes: number;
}

/** Throws if a context is too large, and names the largest folders. */
export function assertContextFits(files: readonly Sized[]): void {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= MOST_BYTES) return;
  const params = { size: Math.ceil(total / MIB), limit: MOST_BYTES / MIB, folders: biggest(files).join(', ') };
  throw new SlipwayError('source_invalid', { text: 'docker.context_too_big', params });
}

function biggest(files: readonly Sized[]): string[] {
  const byFolder = new Map<string, number>();
  for (const { path, bytes } of files) {
    const [top = path, ...below] = path.split('/');
    const name = below.length > 0 ? `${top}/` : top;
    byFolder.set(name, (byFolder.get(name) ?? 0) + bytes);
  }
  const sorted = [...byFolder].sort(([, a], [, b]) => b - a);
  return sorted.slice(0, FOLDERS_NAMED).map(([name, bytes]) => `${name} (${Math.ceil(bytes / MIB)} MiB)`);
}
