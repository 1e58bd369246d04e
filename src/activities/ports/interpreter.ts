// One Python interpreter, asked what it is: once, and again when its files are others than those that answered.
import { execFile } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ProcessUser } from './process-user.js';

export interface Interpreter {
  /** Real path of the executable itself, never a shim or a venv's link. */
  path: string;
  /** `3.11.7`, or `3.14.0rc1`. */
  version: string;
  /** Whether it can make virtual environments with pip in them (Debian packages that apart). */
  hasVenv: boolean;
}

/** How it is run. */
export interface InterpreterContext {
  path: string;
  home: string;
  /** Whom it must run for: else it is this process's own user. */
  user?: Pick<ProcessUser, 'uid' | 'gid'>;
}

/** Undefined when it doesn't run. */
export type AskInterpreter = (executable: string) => Promise<Interpreter | undefined>;

interface Answer {
  interpreter: Interpreter;
  /** What made the answer: the program, and the modules that Debian packages apart. */
  files: string[];
}

interface Remembered extends Answer {
  askedAt: number;
  marks: string;
}

/** A shim that hangs must not hold up a deployment. */
const TIMEOUT_MS = 5000;
/** An interpreter can break in more ways than its files show. */
const BELIEVED_MS = 10 * 60_000;

/** File systems tell times no finer than this. */
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
 * Each interpreter of a host costs some 50 ms of processor to ask, and many have ten of them. Always asked are one that
 * lacks something, which may have been installed, and a shim, which may lead to another by now.
 */
export function createInterpreters(context: InterpreterContext): AskInterpreter {
  const known = new Map<string, Remembered>();
  return async (executable) => {
    const before = known.get(executable);
    if (before && Date.now() - before.askedAt < BELIEVED_MS && (await marksOf(before.files)) === before.marks)
      return before.interpreter;
    known.delete(executable);
    const askedAt = Date.now();
    const answer = await ask(executable, context);
    if (answer?.interpreter.path !== executable || !answer.interpreter.hasVenv) return answer?.interpreter;
    const marks = await marksOf(answer.files, askedAt);
    if (marks !== undefined) known.set(executable, { ...answer, marks, askedAt });
    return answer.interpreter;
  };
}

/**
 * Tells files apart from what stood in their places before. Undefined when one of them can't be looked at, or changed since
 * `atMs` or just before, when another may have been asked.
 */
async function marksOf(files: readonly string[], atMs = Infinity): Promise<string | undefined> {
  try {
    const found = await Promise.all(files.map((file) => stat(file)));
    if (found.some(({ ctimeMs }) => ctimeMs > atMs - CLOCK_TICK_MS)) return undefined;
    return found.map(({ dev, ino, size, ctimeMs }) => `${dev}:${ino}:${size}:${ctimeMs}`).join(' ');
  } catch {
    return undefined; // whatever is wrong, the interpreter itself tells best
  }
}

/** What it says of itself; nothing when it doesn't run, which is what is asked here. */
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
