// Queries a Python interpreter once, and again when its files have changed.
import { execFile } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ProcessUser } from './process-user.js';

export interface Interpreter {
  /** The real path of the executable, never a shim or a venv's link. */
  path: string;
  /** For example `3.11.7` or `3.14.0rc1`. */
  version: string;
  /** True if it can create virtual environments with pip (a separate package on Debian). */
  hasVenv: boolean;
}

/** The environment in which it runs. */
export interface InterpreterContext {
  path: string;
  home: string;
  /** The user that must be able to run it. If absent, this process's own user. */
  user?: Pick<ProcessUser, 'uid' | 'gid'>;
}

/** Returns undefined if it doesn't run. */
export type AskInterpreter = (executable: string) => Promise<Interpreter | undefined>;

interface Answer {
  interpreter: Interpreter;
  /** The files behind the answer: the program, and the modules that Debian packages separately. */
  files: string[];
}

interface Remembered extends Answer {
  askedAt: number;
  marks: string;
}

/** A shim that hangs must not delay a deployment. */
const TIMEOUT_MS = 5000;
/** The age up to which an answer is reused, because an interpreter can also break without a change of these files. */
const BELIEVED_MS = 10 * 60_000;

/** The precision of file times. */
const CLOCK_TICK_MS = 20;

const QUESTION = `
import importlib.util, json, platform, sys
modules = [importlib.util.find_spec(name) for name in ("venv", "ensurepip")]
print(json.dumps({
    "path": getattr(sys, "_base_executable", None) or sys.executable,
    "version": platform.python_version(),
    "modules": [module.origin for module in modules if module and module.origin],
}))
`;

/**
 * Creates a function with a cache: each query takes some 50 ms of processor time, and many hosts have ten interpreters.
 * Two kinds are always queried: an interpreter that lacks something, which may have been installed, and a shim, whose
 * target may have changed.
 */
export function createInterpreters(context: InterpreterContext): AskInterpreter {
  const cache = new Map<string, Remembered>();
  return async (executable) => {
    const before = cache.get(executable);
    if (before && Date.now() - before.askedAt < BELIEVED_MS && (await marksOf(before.files)) === before.marks)
      return before.interpreter;
    cache.delete(executable);
    const askedAt = Date.now();
    const answer = await ask(executable, context);
    if (answer?.interpreter.path !== executable || !answer.interpreter.hasVenv) return answer?.interpreter;
    const marks = await marksOf(answer.files, askedAt);
    if (marks !== undefined) cache.set(executable, { ...answer, marks, askedAt });
    return answer.interpreter;
  };
}

/**
 * Returns a text that changes if one of the files is replaced. Undefined if a file can't be read, or if it changed
 * after, or just before, `atMs`. The answer may then be from the earlier file.
 */
async function marksOf(files: readonly string[], atMs = Infinity): Promise<string | undefined> {
  try {
    const stats = await Promise.all(files.map((file) => stat(file)));
    if (stats.some(({ ctimeMs }) => ctimeMs > atMs - CLOCK_TICK_MS)) return undefined;
    return stats.map(({ dev, ino, size, ctimeMs }) => `${dev}:${ino}:${size}:${ctimeMs}`).join(' ');
  } catch {
    return undefined; // then the interpreter itself is queried
  }
}

/** Queries the interpreter. Returns undefined if it doesn't run. */
async function ask(executable: string, { path, home, user }: InterpreterContext): Promise<Answer | undefined> {
  try {
    const options = {
      cwd: '/',
      env: { PATH: path, HOME: home },
      timeout: TIMEOUT_MS,
      ...(user && { uid: user.uid, gid: user.gid }),
    };
    const { stdout } = await promisify(execFile)(executable, ['-I', '-S', '-c', QUESTION], options);
    const said = JSON.parse(stdout) as { path: string; version: string; modules: string[] };
    const real = await realpath(said.path);
    const interpreter = { path: real, version: said.version, hasVenv: said.modules.length === 2 };
    return { interpreter, files: [real, ...said.modules] };
  } catch {
    return undefined;
  }
}
