// Which interpreters of the host really run: a version manager's shims stand on PATH and fail (architecture §8).
import { readdir, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import { createInterpreters, type AskInterpreter, type Interpreter, type InterpreterContext } from './interpreter.js';

export interface PythonPort {
  /** Those that run, the host's default `python3` first. Looked for anew every 30 s. */
  list(): Promise<Interpreter[]>;
}

export interface PythonPlaces extends InterpreterContext {
  pyenvRoot?: string;
}

/** Where interpreters are looked for, read off the host's environment. */
export const pythonPlacesOf = (env: Readonly<Record<string, string>>): PythonPlaces => ({
  path: env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
  home: env.HOME ?? '/root',
  pyenvRoot: env.PYENV_ROOT,
});

const CACHED_MS = 30_000;
const NAME = /^python3(\.\d+)?$/;

export interface Pythons extends PythonPort {
  /** The host's default, by which keepers are run: found without asking the others. */
  defaultPython(): Promise<string>;
}

export function createPythons(places: PythonPlaces): Pythons {
  const ask = createInterpreters(places);
  let cached: { at: number; interpreters: Promise<Interpreter[]> } | undefined;
  return {
    list() {
      if (!cached || Date.now() - cached.at > CACHED_MS)
        cached = { at: Date.now(), interpreters: findAll(places, ask) };
      return cached.interpreters;
    },

    async defaultPython() {
      for (const candidate of await candidates(places)) {
        const found = await ask(candidate);
        if (found) return found.path;
      }
      throw new SlipwayError('start_failed', { text: 'start_failed.python' });
    },
  };
}

async function findAll(places: PythonPlaces, ask: AskInterpreter): Promise<Interpreter[]> {
  const asked = await Promise.all((await candidates(places)).map(ask));
  const running = asked.filter((found) => found !== undefined);
  return [...new Map(running.map((found) => [found.path, found])).values()]; // each where it was found first
}

/** The host's default `python3` first. */
async function candidates(places: PythonPlaces): Promise<string[]> {
  const named = [...(await onPath(places)), ...(await ofPyenv(places))];
  return [...new Set(await Promise.all(named.map(realOf)))]; // one program has many names: /bin is /usr/bin
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

/** What leads nowhere doesn't run either, as it will show when it is asked. */
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
