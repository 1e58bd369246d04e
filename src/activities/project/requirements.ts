// requirements.txt files: what they include, and whether they install something of the project's own. Pure.
import { posix } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import { MAX_LINES } from '../../contract/source-limits.js';
import { projectLines, tooManyLines } from './project-lines.js';

export interface RequirementsFile {
  /** Paths of other files (`-r`, `-c`), as written. */
  includes: string[];
  /** Folders and archives of the project itself: their content can change while the line does not. */
  locals: string[];
}

const MIB = 1024 ** 2;
/** Files that are included, and folders that are installed. Projects have some ten of them at most. */
export const MOST_FILES = 256;
const MOST_MIB = 8;

/** pip takes a long option by its beginning, too: `--edit`. */
const EDITABLE = /^(\s*)(?:-e\s*|--ed[a-z]*(?:\s+|=))/;

export function readRequirements({ path, text }: { path: string; text: string }): RequirementsFile {
  const lines = logicalLines(requirementLines(path, text)).map(readLine);
  return { includes: lines.flatMap(({ includes }) => includes), locals: lines.flatMap(({ locals }) => locals) };
}

/** pip splits lines as Python does: at a lone carriage return, and at separators of other scripts, too. */
function requirementLines(path: string, text: string): string[] {
  const ends = text.matchAll(LINE_ENDS); // looked at one by one, and no further than needed
  for (let count = 1; !ends.next().done; count += 1) if (count > MAX_LINES) throw tooManyLines(path);
  return projectLines(path, text.replace(LINE_ENDS, '\n'));
}

// eslint-disable-next-line no-control-regex -- three of Python's line ends are control characters
const LINE_ENDS = /\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]/g;

/**
 * The same file with nothing editable: an editable install would point into the folder it was built from. What is left of
 * such a line never stands for a package of an index. A file without such lines stays as it is, byte for byte.
 */
export function withoutEditable(text: string): string {
  const lines = requirementLines('requirements.txt', text);
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
  /** Folders and archives of the project that they name. */
  locals: Set<string>;
}

/** Those that are installed where they are there: the project's, then the profile's. */
export function requirementFilesOf(profile: string | undefined): string[] {
  const ofProfile = profile === undefined ? [] : [`requirements-${profile}.txt`, `requirements/${profile}.txt`];
  return ['requirements.txt', ...ofProfile];
}

/** Follows includes from the given files; one that is missing or outside is left for the installer to report. */
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
    for (const include of includes) wanted.add(posix.join(folder, include)); // a set shows what is added on the way, too
    if (wanted.size > MOST_FILES || characters > MOST_MIB * MIB) throw tooManyIncludes();
  }
  return { files, locals };
}

/** Names of variables that installers put into the lines of requirement files: `${TOKEN}`. */
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

const REMOTE = /^(?:(?:git|hg|svn|bzr)\+[a-z]+|https?|ftp):\/\//i;
/** Of a requirement without its marker and options: a name, with extras and versions behind it. */
const NAMED = /^[a-z0-9][a-z0-9._-]*\s*(?:$|[[(<>=!~])/i;
const ARCHIVE = /\.(?:whl|zip|tar|tar\.(?:gz|bz2|xz|lz|lzma)|tgz|tbz|txz|tlz)(?:\[|$)/i;

/**
 * The folder or archive of the project that a requirement names. Undefined only where it plainly comes from an index or a
 * repository: whatever else counts as the project's own, which costs time where it is wrong, and nothing else.
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

/** `./lib[web]` and `file:lib` are both the folder `lib`. */
function pathOf(target: string): string {
  const [named = '', fragment = ''] = target.replace(/^file:(?:\/\/)?/i, '').split('#', 2);
  const inside = /(?:^|&)subdirectory=([^&]*)/.exec(fragment)?.[1] ?? '';
  const path = inside === '' ? named : posix.join(named, inside);
  const extras = path.endsWith(']') ? path.lastIndexOf('[') : -1;
  return extras === -1 ? path : path.slice(0, extras).trim();
}

/** pip's own rule: options begin with the first word with a hyphen before it. */
function withoutOptions(text: string): string {
  const at = /\s-/.exec(text)?.index;
  return (at === undefined ? text : text.slice(0, at)).trim();
}

const INCLUDES = new Set(['-r', '--requirement', '-c', '--constraint']);
const FLAGS = new Set(['--no-index', '--pre', '--prefer-binary', '--require-hashes']);
/** Their value is never a path. */
const WITH_WORD = new Set(['--no-binary', '--only-binary', '--trusted-host', '--use-feature']);

function readLine(line: string): RequirementsFile {
  if (line.startsWith('-') && !EDITABLE.test(line)) return readOptions(line);
  const target = localTarget(line);
  return { includes: [], locals: target === undefined ? [] : [target] };
}

/** An option that nobody here knows may name anything. */
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

/** The options of a requirements file that say where packages come from, for a call of pip without that file. */
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

/** Words as a shell reads them, with `--option=value` and `-rvalue` as two. */
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
