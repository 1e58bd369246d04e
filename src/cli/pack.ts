// A folder as a gzip tar: without what .gitignore and .dockerignore leave out, version control, environments, caches.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import dockerignore from '@balena/dockerignore';
import newIgnore, { type Ignore } from 'ignore';
import { create } from 'tar';
import { MAX_ENTRIES, MAX_UNPACKED_BYTES } from '../contract/archives.js';
import { CliError, reasonOf } from './errors.js';

const MIB = 1024 ** 2;
/** What the API takes (contract §7). */
const LARGEST_UPLOAD = 256 * MIB;
const LARGEST_NAMED = 3;

/** Never sent. The worker leaves most of them out as well. */
const NEVER = new Set([
  '.git',
  '.hg',
  '.svn',
  '.venv',
  '.slipway',
  '__pycache__',
  'node_modules',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.tox',
  '.nox',
  '.DS_Store',
]);
/** A folder that holds this file is a virtual environment, whatever its name. */
const ENVIRONMENT_MARK = 'pyvenv.cfg';
/** What Slipway reads itself: a .dockerignore speaks of the image alone. */
const READ_BY_SLIPWAY =
  /^(Dockerfile|\.dockerignore|Procfile|pyproject\.toml|uv\.lock|\.python-version|requirements[^/]*\.txt)$/;

export interface Packed {
  path: string;
  files: number;
  bytes: number;
  remove(): void;
}

interface Entry {
  /** From the folder, with `/`. */
  path: string;
  bytes: number;
  isFolder: boolean;
}

/** The archive lies in a temporary folder until `remove`. */
export async function pack(folder: string, signal?: AbortSignal): Promise<Packed> {
  const entries = chooseEntries(folder);
  const files = entries.filter(({ isFolder }) => !isFolder);
  if (files.length === 0) throw new CliError('empty_folder', { path: folder });
  assertFits(folder, files, entries.length);
  const temporary = mkdtempSync(join(tmpdir(), 'slipway-upload-'));
  const remove = (): void => {
    rmSync(temporary, { recursive: true, force: true });
  };
  try {
    const path = join(temporary, 'source.tar.gz');
    // A name that begins with `@` would be taken for another archive.
    const names = entries.map((entry) => `./${entry.path}`);
    await create({ gzip: true, portable: true, noDirRecurse: true, cwd: folder, file: path }, names);
    signal?.throwIfAborted();
    const { size } = statSync(path);
    if (size > LARGEST_UPLOAD) throw tooLarge(folder, size, files);
    return { path, files: files.length, bytes: size, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Paths that would be sent, sorted: folders too, as an app may need an empty one. */
export function chooseEntries(folder: string): Entry[] {
  const root = resolve(folder);
  const docker = readDockerignore(root);
  const entries: Entry[] = [];
  walk(root, rulesAbove(root));
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));

  function walk(at: string, above: readonly Rules[]): void {
    const own = readRules(at);
    const rules = own ? [...above, own] : above;
    for (const name of readdirSync(at)) {
      const whole = join(at, name);
      const path = relative(root, whole).split(sep).join('/');
      if (NEVER.has(name) || name.endsWith('.egg-info')) continue;
      const stat = lstatSync(whole);
      if (stat.isDirectory()) {
        if (isIgnored(rules, whole, true) || isEnvironment(whole)) continue;
        const before = entries.length;
        walk(whole, rules);
        // Of one that .dockerignore leaves out, a file may be excepted (`!folder/file`).
        if (entries.length > before || !docker(path)) entries.push({ path, bytes: 0, isFolder: true });
      } else if ((stat.isFile() || stat.isSymbolicLink()) && !isIgnored(rules, whole, false)) {
        if (!READ_BY_SLIPWAY.test(path) && docker(path)) continue;
        entries.push({ path, bytes: stat.size, isFolder: false });
      }
    }
  }
}

/** A .gitignore, and where it stands: its patterns count from there. */
interface Rules {
  folder: string;
  ignore: Ignore;
}

/** The last file that says something about a path decides, as with git. */
function isIgnored(rules: readonly Rules[], whole: string, isFolder: boolean): boolean {
  let ignored = false;
  for (const { folder, ignore } of rules) {
    const path = relative(folder, whole).split(sep).join('/') + (isFolder ? '/' : '');
    const said = ignore.test(path);
    if (said.ignored) ignored = true;
    else if (said.unignored) ignored = false;
  }
  return ignored;
}

/** In a repository those of the folders above count, unless they leave out the folder itself: it was asked for. */
function rulesAbove(root: string): Rules[] {
  const above: Rules[] = [];
  for (let at = root; ; at = dirname(at)) {
    if (at !== root) above.unshift(...[readRules(at)].filter((rules) => rules !== undefined));
    if (statSync(join(at, '.git'), { throwIfNoEntry: false })) break;
    if (dirname(at) === at) return [];
  }
  return isIgnored(above, root, true) ? [] : above;
}

function readRules(folder: string): Rules | undefined {
  const text = readIfThere(join(folder, '.gitignore'));
  return text === undefined ? undefined : { folder, ignore: newIgnore().add(text) };
}

function readDockerignore(root: string): (path: string) => boolean {
  const file = join(root, '.dockerignore');
  const text = readIfThere(file);
  if (text === undefined) return () => false;
  try {
    const rules = newDockerignore().add(text.split(/\r?\n/));
    return (path) => rules.ignores(path);
  } catch (error) {
    throw new CliError('bad_ignore_file', { path: file, reason: reasonOf(error) }, error); // rules become regular expressions
  }
}

/** A CommonJS module whose types say `default`, which Node does not. */
const newDockerignore = dockerignore as unknown as typeof dockerignore.default;

const isEnvironment = (folder: string): boolean =>
  statSync(join(folder, ENVIRONMENT_MARK), { throwIfNoEntry: false }) !== undefined;

function readIfThere(path: string): string | undefined {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return undefined;
  return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
}

function assertFits(path: string, files: readonly Entry[], count: number): void {
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  if (total <= MAX_UNPACKED_BYTES && count <= MAX_ENTRIES) return;
  const limits = { most: MAX_ENTRIES, limit: MAX_UNPACKED_BYTES / MIB };
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
