// Reads requirements.txt files: their includes, and whether they install parts of the project itself. Pure.
import { posix } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import { MAX_LINES } from '../../contract/source-limits.js';
import { projectLines, tooManyLines } from './project-lines.js';

export interface RequirementsFile {
  /** The paths of other files (`-r`, `-c`), as written. */
  includes: string[];
  /** Folders and archives of the project itself. Their content can change while the line doesn't. */
  locals: string[];
}

const MIB = 1024 ** 2;
/** The limit of included files and installed folders. Real projects have about ten. */
export const MOST_FILES = 256;
const MOST_MIB = 8;

/** pip also accepts the beginning of a long option: `--edit`. */
const EDITABLE = /^(\s*)(?:-e\s*|--ed[a-z]*(?:\s+|=))/;

export function readRequirements({ path, text }: { path: string; text: string }): RequirementsFile {
  const lines = logicalLines(requirementLines(path, text)).map(readLine);
  return { includes: lines.flatMap(({ includes }) => includes), locals: lines.flatMap(({ locals }) => locals) };
}

/** Splits lines as pip and Python do: also at a lone carriage return, and at separators of other scripts. */
function requirementLines(path: string, text: string): string[] {
  const ends = text.matchAll(LINE_ENDS); // checked one by one, up to the limit
  for (let count = 1; !ends.next().done; count += 1) if (count > MAX_LINES) throw tooManyLines(path);
  return projectLines(path, text.replace(LINE_ENDS, '\n'));
}

// eslint-disable-next-line no-control-regex -- three of Python's line ends are control characters
const LINE_ENDS = /\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]/g;

/**
 * Returns the file without editable installs, because these would point into the folder in which they were built. The
 * rest of such a line never becomes a package of an index. A file without such lines stays unchanged.
 */
export function withoutEditable(text: string): string {
  const lines = requirementLines('requirements.txt', text);
  if (!lines.some((line) => EDITABLE.test(line))) return text;
  const written: string[] = [];
  let editable: string[] | undefined; // the parts of an editable line, while each ends with `\\`
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

/** Returns the target of `-e target`. A target that isn't a URL is a folder, even if its name looks like a package. */
function plainInstall(line: string): string {
  const [option, indent = ''] = EDITABLE.exec(line) ?? [];
  if (option === undefined) return line;
  const target = unquoted(line.slice(option.length).trim());
  const isPath = !REMOTE_EDITABLE.test(target) && !/^[./]/.test(target);
  return `${indent}${isPath ? './' : ''}${target}`;
}

/** Matches a URL, such as `git+https://…`, alone or after a name (`lib @ https://…`). */
const REMOTE_EDITABLE = /^(?:[a-z0-9][a-z0-9._-]*(?:\s*\[[^\]]*\])?\s*@\s*)?[a-z][a-z0-9+.-]*:/i;

/** Removes quotes. pip reads the options in its files as shell words. */
function unquoted(text: string): string {
  const [, , quoted, rest] = /^(["'])(.*?)\1(.*)$/.exec(text) ?? [];
  return quoted === undefined ? text : `${quoted}${rest ?? ''}`;
}

export interface RequirementsSet {
  /** Path from the project's root -> text, of the given files and all that they include. */
  files: Map<string, string>;
  /** Folders and archives of the project that they name. */
  locals: Set<string>;
}

/** Returns the files that are installed if they exist: the project's, then the profile's. */
export function requirementFilesOf(profile: string | undefined): string[] {
  const ofProfile = profile === undefined ? [] : [`requirements-${profile}.txt`, `requirements/${profile}.txt`];
  return ['requirements.txt', ...ofProfile];
}

/** Follows includes from the given files. A missing or outside file is left for the installer to report. */
export async function collectRequirements(
  names: readonly string[],
  read: (path: string) => Promise<string | undefined>,
  parse: (file: { path: string; text: string }) => RequirementsFile | Promise<RequirementsFile>,
): Promise<RequirementsSet> {
  const files = new Map<string, string>();
  const locals = new Set<string>();
  let characters = 0;
  const wanted = new Set(names.map((name) => posix.normalize(name)));
  for (const path of wanted) {
    if (path.startsWith('..') || path.startsWith('/')) continue;
    const text = await read(path);
    if (text === undefined) continue;
    files.set(path, text);
    characters += text.length;
    const { includes, locals: named } = await parse({ path, text });
    const folder = posix.dirname(path);
    for (const local of named) locals.add(local);
    // The loop also visits entries that are added during it.
    for (const include of includes) wanted.add(posix.join(folder, include));
    if (wanted.size > MOST_FILES || characters > MOST_MIB * MIB) throw tooManyIncludes();
  }
  return { files, locals };
}

/** Returns the names of variables that installers replace in requirement files: `${TOKEN}`. */
export function variablesIn(texts: Iterable<string>): string[] {
  const names = new Set<string>();
  for (const text of texts)
    for (const [, name] of text.matchAll(COMMENT_OR_VARIABLE)) if (name !== undefined) names.add(name);
  return [...names];
}

const COMMENT_OR_VARIABLE = /(?:^|\s)#.*|\$\{([A-Z0-9_]{1,255})\}/gm;

export const tooManyIncludes = (): SlipwayError =>
  new SlipwayError('source_invalid', {
    text: 'source_invalid.too_many_includes',
    params: { limit: MOST_FILES, size: MOST_MIB },
  });

/** Returns lines as pip reads them: joined after `\`, without comments. */
function logicalLines(lines: readonly string[]): string[] {
  const joined = lines.join('\n').replaceAll('\\\n', ' ');
  return joined
    .split('\n')
    .map((line) => withoutComment(line).trim())
    .filter((line) => line !== '');
}

/** Removes a comment. A `#` starts one only at the start of a word: `pkg @ https://host/#egg=pkg` has none. */
function withoutComment(line: string): string {
  const at = /(?:^|\s)#/.exec(line)?.index;
  return at === undefined ? line : line.slice(0, at);
}

const REMOTE = /^(?:(?:git|hg|svn|bzr)\+[a-z]+|https?|ftp):\/\//i;
/** Matches a requirement without its marker and options: a name, and then extras and versions. */
const NAMED = /^[a-z0-9][a-z0-9._-]*\s*(?:$|[[(<>=!~])/i;
const ARCHIVE = /\.(?:whl|zip|tar|tar\.(?:gz|bz2|xz|lz|lzma)|tgz|tbz|txz|tlz)(?:\[|$)/i;

/**
 * Returns the folder or archive of the project that a requirement names. Undefined only if the requirement clearly
 * comes from an index or a repository. Anything else counts as the project's own. A wrong guess costs only time.
 */
export function localTarget(requirement: string): string | undefined {
  const bare = plainInstall(requirement).trim();
  if (REMOTE.test(bare)) return undefined;
  const spec = withoutOptions(bare.split(';', 1)[0] ?? '');
  const at = spec.indexOf('@');
  if (at > 0 && NAMED.test(spec.slice(0, at).trim())) {
    const target = spec.slice(at + 1).trim();
    return REMOTE.test(target) ? undefined : pathOf(target);
  }
  const isOfIndex = NAMED.test(spec) && !/[/\\]/.test(spec) && !ARCHIVE.test(spec);
  return isOfIndex ? undefined : pathOf(spec);
}

/** Returns the path of a target: `./lib[web]` and `file:lib` are both the folder `lib`. */
function pathOf(target: string): string {
  const [named = '', fragment = ''] = target.replace(/^file:(?:\/\/)?/i, '').split('#', 2);
  const inside = /(?:^|&)subdirectory=([^&]*)/.exec(fragment)?.[1] ?? '';
  const path = inside === '' ? named : posix.join(named, inside);
  const extras = path.endsWith(']') ? path.lastIndexOf('[') : -1;
  return extras === -1 ? path : path.slice(0, extras).trim();
}

/** Removes options by pip's own rule: they start with the first word with a hyphen. */
function withoutOptions(text: string): string {
  const at = /\s-/.exec(text)?.index;
  return (at === undefined ? text : text.slice(0, at)).trim();
}

const INCLUDES = new Set(['-r', '--requirement', '-c', '--constraint']);
const FLAGS = new Set(['--no-index', '--pre', '--prefer-binary', '--require-hashes']);
/** Options whose value is never a path. */
const WITH_WORD = new Set(['--no-binary', '--only-binary', '--trusted-host', '--use-feature']);

function readLine(line: string): RequirementsFile {
  if (line.startsWith('-') && !EDITABLE.test(line)) return readOptions(line);
  const target = localTarget(line);
  return { includes: [], locals: target === undefined ? [] : [target] };
}

/** Reads an option line. The value of an unknown option counts as a path. */
function readOptions(line: string): RequirementsFile {
  const read: RequirementsFile = { includes: [], locals: [] };
  const words = optionWords(line);
  for (let at = 0; at < words.length; at += 1) {
    const option = words[at] ?? '';
    if (FLAGS.has(option)) continue;
    const value = words[(at += 1)] ?? '';
    if (WITH_WORD.has(option) || REMOTE.test(value)) continue;
    const isInclude = INCLUDES.has(option) && !/^file:|\$/i.test(value);
    (isInclude ? read.includes : read.locals).push(value);
  }
  return read;
}

const INDEX_OPTIONS: ReadonlySet<string> = new Set([
  ...['-i', '--index-url', '--pypi-url', '--extra-index-url'],
  ...['-f', '--find-links', '--trusted-host'],
]);

/** Returns the options of a requirements file that name package sources, for a call of pip without this file. */
export function indexOptions(path: string, text: string): string[] {
  return logicalLines(requirementLines(path, text))
    .filter((line) => line.startsWith('-') && !EDITABLE.test(line))
    .flatMap((line) => {
      const words = optionWords(line);
      return words.flatMap((word, at) => {
        if (word === '--no-index') return [word];
        const value = words[at + 1];
        return INDEX_OPTIONS.has(word) && value !== undefined ? [word, value] : [];
      });
    });
}

/** Splits shell words, with `--option=value` and `-rvalue` as two. */
function optionWords(line: string): string[] {
  const words = line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replaceAll(/["']/g, '')).flatMap(optionAndValue);
}

function optionAndValue(word: string): string[] {
  if (word.startsWith('--')) {
    const at = word.indexOf('=');
    return at === -1 ? [word] : [word.slice(0, at), word.slice(at + 1)];
  }
  return /^-[rcfi]./.test(word) ? [word.slice(0, 2), word.slice(2)] : [word];
}
