// Finds the host's interpreters that really run. A version manager's shims are on PATH but may fail.
import { readdir, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import { createInterpreters, type AskInterpreter, type Interpreter, type InterpreterContext } from './interpreter.js';

export interface PythonPort {
  /** Returns the interpreters that run, with the host's default `python3` first. The list is renewed every 30 s. */
  list(): Promise<Interpreter[]>;
}

export interface PythonPlaces extends InterpreterContext {
  pyenvRoot?: string;
}

/** Returns the places to search, from the host's environment. */
export const pythonPlacesOf = (env: Readonly<Record<string, string>>): PythonPlaces => ({
  path: env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
  home: env.HOME ?? '/root',
  pyenvRoot: env.PYENV_ROOT,
});

const CACHED_MS = 30_000;
const NAME = /^python3(\.\d+)?$/;

export interface Pythons extends PythonPort {
  /** Returns the host's default, which runs keepers, without querying the others. */
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
        const interpreter = await ask(candidate);
        if (interpreter) return interpreter.path;
      }
      throw new SlipwayError('start_failed', { text: 'start_failed.python' });
    },
  };
}

async function findAll(places: PythonPlaces, ask: AskInterpreter): Promise<Interpreter[]> {
  const answers = await Promise.all((await candidates(places)).map(ask));
  const running = answers.filter((interpreter) => interpreter !== undefined);
  return [...new Map(running.map((interpreter) => [interpreter.path, interpreter])).values()]; // each at its first place
}

/** Returns the paths to query, with the host's default `python3` first. */
async function candidates(places: PythonPlaces): Promise<string[]> {
  const named = [...(await onPath(places)), ...(await ofPyenv(places))];
  return [...new Set(await Promise.all(named.map(realOf)))]; // one program has many names: /bin is /usr/bin
}

async function onPath(places: PythonPlaces): Promise<string[]> {
  const folders = places.path.split(delimiter).filter((folder) => folder.startsWith('/'));
  const shims = join(pyenvRoot(places), 'shims'); // slow scripts; their targets are found by version
  const isWanted = (folder: string, name: string): boolean => (folder === shims ? name === 'python3' : NAME.test(name));
  const paths = await Promise.all(folders.map((folder) => namesIn(folder, (name) => isWanted(folder, name))));
  // The sort is stable, so PATH's order stays.
  return paths.flat().sort((a, b) => Number(b.endsWith('/python3')) - Number(a.endsWith('/python3')));
}

const pyenvRoot = ({ home, pyenvRoot: root }: PythonPlaces): string => root ?? join(home, '.pyenv');

async function ofPyenv(places: PythonPlaces): Promise<string[]> {
  const versions = await namesIn(join(pyenvRoot(places), 'versions'), () => true);
  return versions.map((version) => join(version, 'bin', 'python3'));
}

/** A broken link doesn't run either, which the query shows. */
const realOf = (path: string): Promise<string> => realpath(path).catch(() => path);

/**
 * Returns the full paths of a folder's entries. A folder that can't be read is empty, because PATH may contain any
 * name.
 */
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
