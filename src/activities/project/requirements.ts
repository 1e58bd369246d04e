// requirements.txt files: what they include, and whether they install something of the project's own. Pure.
import { posix } from 'node:path';

export interface RequirementsFile {
  /** Paths of other files (`-r`, `-c`), as written. */
  includes: string[];
  /** Whether a folder or archive of the project itself is installed: its content can change while the line does not. */
  hasLocal: boolean;
}

const INCLUDE = /^(?:-r|-c|--requirement|--constraint)(?:\s+|=|(?<=^-[rc]))(.+)$/;
const EDITABLE = /^(\s*)(?:-e\s*|--editable(?:\s+|=))/;
const REMOTE = /^[a-z][a-z0-9+.-]*:\/\/|^git@/i;
const ARCHIVE = /\.(whl|zip|tar\.gz|tgz)$/i;

export function readRequirements(text: string): RequirementsFile {
  const lines = logicalLines(text);
  const includes = lines.flatMap((line) => INCLUDE.exec(line)?.[1]?.trim() ?? []);
  return { includes: includes.filter((path) => !REMOTE.test(path)), hasLocal: lines.some(isLocal) };
}

/** The same file with nothing editable: an editable install would point into the folder it was built from. */
export function withoutEditable(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.replace(EDITABLE, '$1'))
    .join('\n');
}

export interface RequirementsSet {
  /** Path from the project's root -> text, of the given files and all that they include. */
  files: Map<string, string>;
  hasLocal: boolean;
}

/** Follows includes from the given files; one that is missing or outside is left for the installer to report. */
export async function collectRequirements(
  names: readonly string[],
  read: (path: string) => Promise<string | undefined>,
): Promise<RequirementsSet> {
  const files = new Map<string, string>();
  let hasLocal = false;
  const waiting = names.map((name) => posix.normalize(name));
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    if (files.has(path) || path.startsWith('..') || path.startsWith('/')) continue;
    const text = await read(path);
    if (text === undefined) continue;
    files.set(path, text);
    const { includes, hasLocal: local } = readRequirements(text);
    const folder = posix.dirname(path);
    hasLocal ||= local;
    waiting.push(...includes.map((include) => posix.join(folder, include)));
  }
  return { files, hasLocal };
}

/** Lines as pip reads them: continued with `\`, without comments. */
function logicalLines(text: string): string[] {
  const joined = text.replaceAll('\r\n', '\n').replaceAll('\\\n', ' ');
  return joined
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

export function isLocal(line: string): boolean {
  const bare = line.replace(EDITABLE, '');
  if (bare.startsWith('-')) return false;
  const target = (/^[^@/]+@\s*(.+)$/.exec(bare)?.[1] ?? bare).replace(/\s*;.*$/, '').trim();
  if (/^file:/i.test(target)) return true;
  if (REMOTE.test(target) || REMOTE.test(bare) || /^[a-z]+\+/i.test(bare)) return false;
  return target.startsWith('.') || target.includes('/') || ARCHIVE.test(target);
}
