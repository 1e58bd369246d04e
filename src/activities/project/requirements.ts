// requirements.txt files: what they include, and whether they install something of the project's own. Pure.
import { posix } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import { projectLines } from './project-lines.js';

export interface RequirementsFile {
  /** Paths of other files (`-r`, `-c`), as written. */
  includes: string[];
  /** Whether a folder or archive of the project itself is installed: its content can change while the line does not. */
  hasLocal: boolean;
}

const MIB = 1024 ** 2;
/** Projects have some ten of them at most. */
const MOST_FILES = 256;
const MOST_MIB = 8;

const INCLUDE = /^(?:-r|-c|--requirement|--constraint)(?:\s+|=|(?<=^-[rc]))(.+)$/;
/** pip takes a long option by its beginning, too: `--edit`. */
const EDITABLE = /^(\s*)(?:-e\s*|--ed[a-z]*(?:\s+|=))/;
const REMOTE = /^[a-z][a-z0-9+.-]*:\/\/|^git@/i;
const ARCHIVE = /\.(whl|zip|tar\.gz|tgz)$/i;

export function readRequirements({ path, text }: { path: string; text: string }): RequirementsFile {
  const lines = logicalLines(projectLines(path, text));
  const includes = lines.flatMap((line) => INCLUDE.exec(line)?.[1]?.trim() ?? []);
  return { includes: includes.filter((path) => !REMOTE.test(path)), hasLocal: lines.some(isLocal) };
}

/**
 * The same file with nothing editable: an editable install would point into the folder it was built from. What is left of
 * such a line never stands for a package of an index. A file without such lines stays as it is, byte for byte.
 */
export function withoutEditable(text: string): string {
  const lines = projectLines('requirements.txt', text);
  if (!lines.some((line) => EDITABLE.test(line))) return text;
  const written: string[] = [];
  let editable: string[] | undefined; // its pieces, as long as each ends with `\\`
  for (const line of lines) {
    const isContinued = line.endsWith('\\');
    if (!editable && !EDITABLE.test(line)) written.push(line);
    else (editable ??= []).push(isContinued ? line.slice(0, -1) : line);
    if (!editable || isContinued) continue;
    written.push(plainInstall(editable.join('')));
    editable = undefined;
  }
  if (editable) written.push(plainInstall(editable.join('')));
  return written.join('\n');
}

/** Of `-e target`: the target alone. One that is no URL is a folder, also where its name looks like a package's. */
function plainInstall(line: string): string {
  const [option, indent = ''] = EDITABLE.exec(line) ?? [];
  if (option === undefined) return line;
  const target = unquoted(line.slice(option.length).trim());
  const isPath = !REMOTE_EDITABLE.test(target) && !/^[./]/.test(target);
  return `${indent}${isPath ? './' : ''}${target}`;
}

/** A URL, such as `git+https://…`, alone or behind a name (`lib @ https://…`). */
const REMOTE_EDITABLE = /^(?:[a-z0-9][a-z0-9._-]*(?:\s*\[[^\]]*\])?\s*@\s*)?[a-z][a-z0-9+.-]*:/i;

/** Options of pip's files are read as a shell reads words. */
function unquoted(text: string): string {
  const [, , quoted, rest] = /^(["'])(.*?)\1(.*)$/.exec(text) ?? [];
  return quoted === undefined ? text : `${quoted}${rest ?? ''}`;
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
  parse: (file: { path: string; text: string }) => RequirementsFile | Promise<RequirementsFile>,
): Promise<RequirementsSet> {
  const files = new Map<string, string>();
  let hasLocal = false;
  let characters = 0;
  const wanted = new Set(names.map((name) => posix.normalize(name)));
  for (const path of wanted) {
    if (path.startsWith('..') || path.startsWith('/')) continue;
    const text = await read(path);
    if (text === undefined) continue;
    files.set(path, text);
    characters += text.length;
    const { includes, hasLocal: local } = await parse({ path, text });
    const folder = posix.dirname(path);
    hasLocal ||= local;
    for (const include of includes) wanted.add(posix.join(folder, include)); // a set shows what is added on the way, too
    if (wanted.size > MOST_FILES || characters > MOST_MIB * MIB) throw tooManyIncludes();
  }
  return { files, hasLocal };
}

const tooManyIncludes = (): SlipwayError =>
  new SlipwayError('source_invalid', {
    text: 'source_invalid.too_many_includes',
    params: { limit: MOST_FILES, size: MOST_MIB },
  });

/** Lines as pip reads them: continued with `\`, without comments. */
function logicalLines(lines: readonly string[]): string[] {
  const joined = lines.join('\n').replaceAll('\\\n', ' ');
  return joined
    .split('\n')
    .map((line) => withoutComment(line).trim())
    .filter((line) => line !== '');
}

/** A `#` begins a comment only at the beginning of a word: `pkg @ https://host/#egg=pkg` has none. */
function withoutComment(line: string): string {
  const at = /(?:^|\s)#/.exec(line)?.index;
  return at === undefined ? line : line.slice(0, at);
}

export function isLocal(line: string): boolean {
  const bare = plainInstall(line).trim();
  if (bare.startsWith('-')) return false;
  const named = /^[^@/]+@(.+)$/.exec(bare)?.[1] ?? bare; // `name @ target`
  const target = (named.split(';', 1)[0] ?? '').trim(); // without a marker of the environment
  if (/^file:/i.test(target)) return true;
  if (REMOTE.test(target) || REMOTE.test(bare) || /^[a-z]+\+/i.test(bare)) return false;
  return target.startsWith('.') || target.includes('/') || ARCHIVE.test(target);
}
