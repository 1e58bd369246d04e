// Packs a folder as a gzip tar: the files that git would include, without version control, environments and caches. If
// only an image is built, .dockerignore also applies.
import { isUtf8 } from 'node:buffer';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { create } from 'tar';
import { compileDockerignore } from '../contract/ignore/dockerignore.js';
import { compileGitignore, type Gitignore } from '../contract/ignore/gitignore.js';
import { ENVIRONMENT_MARK, isEnvFile, isExcludedName } from '../contract/source-exclusions.js';
import { MAX_PROJECT_TEXT_BYTES, MAX_SOURCE_BYTES, MAX_SOURCE_ENTRIES } from '../contract/source-limits.js';
import { pathBelow, shownName } from '../file-names.js';
import { CliError, reasonOf } from './errors.js';
import { NOTHING_TRACKED, trackedIn } from './tracked.js';

const MIB = 1024 ** 2;
/** The largest upload that the API accepts. */
const LARGEST_UPLOAD = 256 * MIB;
const LARGEST_NAMED = 3;

/** The files that Slipway itself reads. A .dockerignore applies only to the image. */
const READ_BY_SLIPWAY =
  /^(Dockerfile|\.dockerignore|Procfile|pyproject\.toml|uv\.lock|uv\.toml|\.python-version|requirements[^/]*\.txt)$/;

export interface Packed {
  path: string;
  files: number;
  bytes: number;
  /** The files of variables among the packed files: `.env`, `.env.prod`. */
  envFiles: string[];
  remove(): void;
}

interface Entry {
  /** Relative to the folder, with `/`. */
  path: string;
  bytes: number;
  isFolder: boolean;
}

export interface Choice {
  /** `image`: only an image is built from the archive, so .dockerignore applies. */
  purpose: 'image' | 'any';
  /** The absolute paths of files that are never packed. */
  withheld?: readonly string[];
}

/** Packs a folder. The archive is in a temporary folder until `remove` is called. */
export async function pack(folder: string, choice: Choice, signal?: AbortSignal): Promise<Packed> {
  const entries = await chooseEntries(folder, choice, signal);
  const files = entries.filter(({ isFolder }) => !isFolder);
  if (files.length === 0) throw new CliError('empty_folder', { path: folder });
  assertFits(folder, files, entries.length);
  const temporary = mkdtempSync(join(tmpdir(), 'slipway-upload-'));
  const remove = (): void => {
    rmSync(temporary, { recursive: true, force: true });
  };
  try {
    const path = join(temporary, 'source.tar.gz');
    // A name that starts with `@` would be read as another archive.
    const names = entries.map((entry) => `./${entry.path}`);
    await create({ gzip: true, portable: true, noDirRecurse: true, cwd: folder, file: path }, names);
    signal?.throwIfAborted();
    const { size } = statSync(path);
    if (size > LARGEST_UPLOAD) throw tooLarge(folder, size, files);
    const envFiles = files.map((file) => file.path).filter(isEnvFile);
    return { path, files: files.length, bytes: size, envFiles, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Returns the paths to pack, sorted. Includes folders, because an app may need an empty folder. */
export async function chooseEntries(
  folder: string,
  { purpose, withheld = [] }: Choice,
  signal?: AbortSignal,
): Promise<Entry[]> {
  const root = resolve(folder);
  const docker = purpose === 'image' ? readDockerignore(root) : () => false;
  const repository = repositoryAbove(root);
  const tracked = repository === undefined ? NOTHING_TRACKED : await trackedIn(root, signal);
  const entries: Entry[] = [];
  walk(root, rulesAbove(root, repository), false);
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));

  /** Rules can't include files of an ignored folder again: only tracked files of an ignored folder are packed. */
  function walk(at: string, above: readonly Rules[], isWithinIgnored: boolean): void {
    const own = readRules(at);
    const rules = own ? [...above, own] : above;
    for (const bytes of readdirSync(at, 'buffer')) {
      const name = bytes.toString();
      const whole = join(at, name);
      const path = relative(root, whole).split(sep).join('/');
      if (isExcludedName(name) || withheld.includes(whole)) continue;
      const stat = lstatSync(pathBelow(at, bytes));
      const ignored = (isFolder: boolean): boolean => isWithinIgnored || isIgnored(rules, whole, isFolder);
      if (stat.isDirectory()) {
        const isLeftOut = ignored(true);
        if ((isLeftOut && !tracked.folders.has(path)) || isEnvironment(whole)) continue;
        mustBeUtf8(at, bytes);
        const before = entries.length;
        walk(whole, rules, isLeftOut);
        // In a folder that .dockerignore excludes, single files may be included (`!folder/file`).
        if (entries.length > before || !docker(path)) entries.push({ path, bytes: 0, isFolder: true });
      } else if ((stat.isFile() || stat.isSymbolicLink()) && (tracked.files.has(path) || !ignored(false))) {
        if (!READ_BY_SLIPWAY.test(path) && docker(path)) continue;
        mustBeUtf8(at, bytes);
        entries.push({ path, bytes: stat.size, isFolder: false });
      }
    }
  }
}

/** A .gitignore, and its folder. Patterns are relative to this folder. */
interface Rules {
  folder: string;
  verdict: Gitignore;
}

/** Returns true if a path is ignored. The last file with a matching rule wins, as in git. */
function isIgnored(rules: readonly Rules[], whole: string, isFolder: boolean): boolean {
  let ignored = false;
  for (const { folder, verdict } of rules) {
    const judged = verdict(relative(folder, whole).split(sep).join('/'), isFolder);
    if (judged !== 'none') ignored = judged === 'ignored';
  }
  return ignored;
}

/** Returns the root of the repository that contains a folder. */
function repositoryAbove(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (statSync(join(at, '.git'), { throwIfNoEntry: false })) return at;
    if (dirname(at) === at) return undefined;
  }
}

/**
 * Returns the rules of the folders above, up to the repository's root. Returns no rules if they ignore the folder
 * itself, because the user named it.
 */
function rulesAbove(root: string, repository: string | undefined): Rules[] {
  if (repository === undefined) return [];
  const above: Rules[] = [];
  for (let at = root; at !== repository;) {
    at = dirname(at);
    above.unshift(...[readRules(at)].filter((rules) => rules !== undefined));
  }
  return isIgnored(above, root, true) ? [] : above;
}

function readRules(folder: string): Rules | undefined {
  const path = join(folder, '.gitignore');
  const text = readIfThere(path);
  return text === undefined ? undefined : { folder, verdict: compiled(path, () => compileGitignore(text)) };
}

function readDockerignore(root: string): (path: string) => boolean {
  const file = join(root, '.dockerignore');
  const text = readIfThere(file);
  if (text === undefined) return () => false;
  return compiled(file, () => compileDockerignore(text));
}

function compiled<T>(path: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    throw new CliError('bad_ignore_file', { path, reason: reasonOf(error) }, error);
  }
}

/** Throws for a name that isn't UTF-8. The worker applies the same rule. */
function mustBeUtf8(folder: string, name: Buffer): void {
  if (!isUtf8(name)) throw new CliError('not_utf8', { path: join(folder, shownName(name)) });
}

const isEnvironment = (folder: string): boolean =>
  statSync(join(folder, ENVIRONMENT_MARK), { throwIfNoEntry: false }) !== undefined;

/** Reads a file. A device or a FIFO isn't opened, because reading it might never end. */
function readIfThere(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) return undefined;
  if (stat.size > MAX_PROJECT_TEXT_BYTES) {
    const reason = `it is larger than ${MAX_PROJECT_TEXT_BYTES / MIB} MiB`;
    throw new CliError('bad_ignore_file', { path, reason });
  }
  return readFileSync(path, 'utf8');
}

function assertFits(path: string, files: readonly Entry[], count: number): void {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  if (total <= MAX_SOURCE_BYTES && count <= MAX_SOURCE_ENTRIES) return;
  const limits = { most: MAX_SOURCE_ENTRIES, limit: MAX_SOURCE_BYTES / MIB };
  throw new CliError('too_much', {
    path,
    files: files.length,
    size: Math.ceil(total / MIB),
    ...limits,
    largest: largest(files),
  });
}

function tooLarge(path: string, size: number, files: readonly Entry[]): CliError {
  const params = { path, size: Math.ceil(size / MIB), limit: LARGEST_UPLOAD / MIB, largest: largest(files) };
  return new CliError('too_large', params);
}

function largest(files: readonly Entry[]): string {
  const sorted = [...files].sort((a, b) => b.bytes - a.bytes).slice(0, LARGEST_NAMED);
  return sorted.map((file) => `${file.path} (${Math.ceil(file.bytes / MIB)} MiB)`).join(', ');
}
