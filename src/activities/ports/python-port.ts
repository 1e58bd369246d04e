// Which interpreters of the host really run: a version manager's shims stand on PATH and fail (architecture §8).
import { execFile } from 'node:child_process';
import { readdir, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { SlipwayError } from '../../contract/errors.js';
import type { ProcessUser } from './process-user.js';

export interface Interpreter {
  /** Real path of the executable itself, never a shim or a venv's link. */
  path: string;
  /** `3.11.7`, or `3.14.0rc1`. */
  version: string;
  /** Whether it can make virtual environments with pip in them (Debian packages that apart). */
  hasVenv: boolean;
}

export interface PythonPort {
  /** Those that run, the host's default `python3` first. At most 30 s old. */
  list(): Promise<Interpreter[]>;
}

export interface PythonPlaces {
  path: string;
  home: string;
  pyenvRoot?: string;
  /** Whom they must run for: else it is this process's own user. */
  user?: Pick<ProcessUser, 'uid' | 'gid'>;
}

/** Where interpreters are looked for, read off the host's environment. */
export const pythonPlacesOf = (env: Readonly<Record<string, string>>): PythonPlaces => ({
  path: env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
  home: env.HOME ?? '/root',
  pyenvRoot: env.PYENV_ROOT,
});

const CACHED_MS = 30_000;
/** A shim that hangs must not hold up a deployment. */
const PROBE_TIMEOUT_MS = 5000;
const NAME = /^python3(\.\d+)?$/;

const PROBE = `
import importlib.util, json, platform, sys
print(json.dumps({
    "path": getattr(sys, "_base_executable", None) or sys.executable,
    "version": platform.python_version(),
    "hasVenv": all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")),
}))
`;

export function createPythons(places: PythonPlaces): PythonPort {
  let cached: { at: number; interpreters: Promise<Interpreter[]> } | undefined;
  return {
    list() {
      if (!cached || Date.now() - cached.at > CACHED_MS) cached = { at: Date.now(), interpreters: findAll(places) };
      return cached.interpreters;
    },
  };
}

/** The host's default: keepers are run by it. */
export async function defaultPython(pythons: PythonPort): Promise<string> {
  const [first] = await pythons.list();
  if (!first) throw new SlipwayError('start_failed', { text: 'start_failed.python' });
  return first.path;
}

async function findAll(places: PythonPlaces): Promise<Interpreter[]> {
  const named = [...(await onPath(places)), ...(await ofPyenv(places))];
  const candidates = new Set(await Promise.all(named.map(realOf))); // one program has many names: /bin is /usr/bin
  const probed = await Promise.all([...candidates].map((path) => probe(path, places)));
  const running = probed.filter((found) => found !== undefined);
  return [...new Map(running.reverse().map((found) => [found.path, found])).values()].reverse();
}

async function onPath(places: PythonPlaces): Promise<string[]> {
  const folders = places.path.split(delimiter).filter((folder) => folder.startsWith('/'));
  const shims = join(pyenvRoot(places), 'shims'); // slow scripts: what they lead to is found by its version
  const isWanted = (folder: string, name: string): boolean => (folder === shims ? name === 'python3' : NAME.test(name));
  const found = await Promise.all(folders.map((folder) => namesIn(folder, (name) => isWanted(folder, name))));
  return found.flat().sort((a, b) => Number(b.endsWith('/python3')) - Number(a.endsWith('/python3'))); // stable: PATH's order
}

const pyenvRoot = ({ home, pyenvRoot: root }: PythonPlaces): string => root ?? join(home, '.pyenv');

async function ofPyenv(places: PythonPlaces): Promise<string[]> {
  const versions = await namesIn(join(pyenvRoot(places), 'versions'), () => true);
  return versions.map((version) => join(version, 'bin', 'python3'));
}

/** What leads nowhere doesn't run either, as its probe will show. */
const realOf = (path: string): Promise<string> => realpath(path).catch(() => path);

/** Full paths of a folder's entries; a folder that can't be read has none (PATH may name any). */
async function namesIn(folder: string, wanted: (name: string) => boolean): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter(wanted)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** What an interpreter says of itself; nothing when it doesn't run, which is what is asked here. */
async function probe(executable: string, { path, home, user }: PythonPlaces): Promise<Interpreter | undefined> {
  try {
    const options = {
      cwd: '/',
      env: { PATH: path, HOME: home },
      timeout: PROBE_TIMEOUT_MS,
      ...(user && { uid: user.uid, gid: user.gid }),
    };
    const { stdout } = await promisify(execFile)(executable, ['-I', '-S', '-c', PROBE], options);
    const said = JSON.parse(stdout) as Interpreter;
    return { ...said, path: await realpath(said.path) };
  } catch {
    return undefined;
  }
}
