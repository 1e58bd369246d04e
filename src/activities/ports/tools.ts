// Runs tools under the keeper, so that none outlives the worker.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, open, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { SlipwayError } from '../../contract/errors.js';
import { ifThere } from '../../files.js';
import { killLeft } from './kill-left.js';
import { eachLines } from './lines.js';
import { wasStartedWith } from './proc.js';
import type { ProcessUser } from './process-user.js';

export type OutputStream = 'stdout' | 'stderr';

/** An exclusive lock. Each tool that runs inside it also holds it, until its whole tree has ended. */
export interface HeldLock {
  readonly fd: number;
  /** Returns the value of `MARK` for tools inside this lock. The first call writes it into the lock file. */
  mark(): Promise<string>;
}

/**
 * Called with lines as they arrive. They aren't masked. That stream is read on when the promise resolves, so that a tool
 * which writes faster than its lines are taken waits. An error ends the output, and fails the run.
 */
export type OnLines = (stream: OutputStream, lines: readonly string[]) => Promise<void>;

export interface ToolOptions {
  cwd: string;
  /** The tool's complete environment, without its mark. */
  env: Readonly<Record<string, string>>;
  /** If absent, Slipway's own user. */
  user?: ProcessUser;
  /** Ends the tool's whole tree: SIGTERM, then SIGKILL. */
  signal?: AbortSignal;
  lock?: HeldLock;
  onLines?: OnLines;
}

export interface ToolResult {
  /** The tool's exit code: 127 if it can't be executed, 128 + n if signal n ended it. */
  exitCode: number;
  /** The last lines of both streams, in the order of their arrival. They aren't masked. */
  tail: string[];
}

export interface ToolsPort {
  /**
   * Resolves when the tool's whole tree is gone. Rejects with the signal's reason if the signal ended it. If the keeper
   * was killed, the tool's result is lost and its remains are killed; the error is retryable.
   */
  run(argv: readonly string[], options: ToolOptions): Promise<ToolResult>;
  /**
   * Runs `work` while holding the lock file. It waits for other holders, including tools that a killed worker left.
   * Remains of a killed keeper's tools hold no lock, and are killed first.
   */
  withLock<T>(path: string, work: (lock: HeldLock) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Does the same, but returns undefined without running `work` if another process holds the lock. */
  ifFree<T>(path: string, work: (lock: HeldLock) => Promise<T>, signal?: AbortSignal): Promise<T | undefined>;
}

export interface Keeper {
  /** A real interpreter, not a version manager's shim, which would depend on the working folder. */
  python: string;
  /** The path of `keeper.py`. */
  script: string;
  /** The absolute path of util-linux's `flock`, if the host has it: 20 ms faster than Python. */
  flock?: string;
}

const TAIL_LINES = 300;
/** The characters of each last line. Lines that show the cause of a failure are shorter. */
const TAIL_LINE_CHARACTERS = 1000;

/**
 * Every process under a keeper has this variable. If its keeper is killed, Slipway finds the process by the variable.
 * The value is random, because a user who could guess it could start processes for which Slipway waits.
 */
export const MARK = 'SLIPWAY_MARK';

type Patience = 'wait' | 'try';
/** The exit code of both programs below, without output, if another process holds the lock. */
const EXIT_HELD = 1;
const FLOCK_ARGS: Record<Patience, string[]> = { wait: ['3'], try: ['-n', '3'] };
const PYTHON_LOCK: Record<Patience, string> = {
  wait: 'import fcntl; fcntl.flock(3, fcntl.LOCK_EX)',
  try: [
    'import fcntl, sys',
    'try: fcntl.flock(3, fcntl.LOCK_EX | fcntl.LOCK_NB)',
    `except BlockingIOError: sys.exit(${EXIT_HELD})`,
  ].join('\n'),
};

export function createTools(keeper: Keeper): ToolsPort {
  return {
    async run(argv, { cwd, env, user, signal, lock, onLines }) {
      signal?.throwIfAborted();
      const mark = lock ? await lock.mark() : randomUUID();
      const child = spawnAlone(keeper.python, ['-I', '-S', keeper.script, 'tool'], lock?.fd);
      const order = { argv, cwd, env: { ...env, [MARK]: mark }, user };
      child.stdin?.write(`${JSON.stringify(order)}\n`); // stays open: its end means that the worker is gone
      const stop = (): void => void child.stdin?.write('stop\n');
      signal?.addEventListener('abort', stop, { once: true });
      try {
        const output = readLines(child, onLines);
        const exitCode = await ended(child);
        if (exitCode === undefined) await killMarked(mark, argv[0] ?? '');
        signal?.throwIfAborted();
        if (exitCode === undefined) throw keeperKilled(argv);
        return { exitCode, tail: await output };
      } finally {
        signal?.removeEventListener('abort', stop);
      }
    },

    async withLock(path, work, signal) {
      const done = await inLock(keeper, path, { patience: 'wait', work, signal });
      if (!done) throw new Error(`the lock ${path} was waited for, and is held by another`);
      return done.result;
    },

    ifFree: async (path, work, signal) => (await inLock(keeper, path, { patience: 'try', work, signal }))?.result,
  };
}

interface LockedWork<T> {
  patience: Patience;
  work: (lock: HeldLock) => Promise<T>;
  signal: AbortSignal | undefined;
}

/** Returns undefined if another process holds the lock. */
async function inLock<T>(keeper: Keeper, path: string, work: LockedWork<T>): Promise<{ result: T } | undefined> {
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    const done = await inLockFile(keeper, path, work);
    if (done === 'held') return undefined;
    if (done !== 'removed') return done;
  }
}

/** `removed` means that the previous holder removed the file, so the lock is on a file without a name. */
async function inLockFile<T>(
  keeper: Keeper,
  path: string,
  { patience, work, signal }: LockedWork<T>,
): Promise<{ result: T } | 'held' | 'removed'> {
  const file = await open(path, 'a+', 0o600);
  try {
    if (!(await takeLock(keeper, file, patience, signal))) return 'held';
    const there = await ifThere(stat(path));
    if (there?.ino !== (await file.stat()).ino) return 'removed';
    await killLeftIn(file, path);
    return { result: await work(heldLock(file)) };
  } finally {
    await file.close();
  }
}

/** Kills the remains of an earlier holder's tools whose keeper was killed. A holder without tools wrote no mark. */
async function killLeftIn(file: FileHandle, path: string): Promise<void> {
  const mark = await file.readFile('utf8');
  if (mark === '') return;
  await killMarked(mark, path);
  await file.truncate();
}

function heldLock(file: FileHandle): HeldLock {
  let marked: Promise<string> | undefined;
  const write = async (): Promise<string> => {
    const mark = randomUUID();
    await file.writeFile(mark);
    return mark;
  };
  return { fd: file.fd, mark: () => (marked ??= write()) };
}

/**
 * Takes the lock. It belongs to the open file, which the short-lived program shares, so it stays after the program's
 * end.
 */
async function takeLock(keeper: Keeper, file: FileHandle, patience: Patience, signal?: AbortSignal): Promise<boolean> {
  signal?.throwIfAborted();
  const [program, ...args] =
    keeper.flock === undefined
      ? [keeper.python, '-I', '-S', '-c', PYTHON_LOCK[patience]]
      : [keeper.flock, ...FLOCK_ARGS[patience]];
  const child = spawnAlone(program, args, file.fd);
  const stop = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const output = readLines(child);
    const exitCode = await ended(child);
    signal?.throwIfAborted();
    if (exitCode === 0) return true;
    if (exitCode === undefined) throw new Error('a lock could not be taken: its program was killed');
    const tail = await output;
    if (patience === 'try' && exitCode === EXIT_HELD && tail.length === 0) return false;
    throw new Error(`a lock could not be taken (${exitCode}): ${tail.join(' ')}`);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function spawnAlone(program: string, args: readonly string[], lock?: number): ChildProcess {
  const child = spawn(program, args, {
    cwd: '/',
    env: {},
    detached: true, // the worker handles a terminal's Ctrl-C
    stdio: ['pipe', 'pipe', 'pipe', ...(lock === undefined ? [] : [lock])],
  });
  child.stdin?.on('error', ignoreClosedPipe);
  return child;
}

/** Ignores a closed pipe: the keeper may end before the stop is sent, and its exit shows how. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') throw error;
}

/** Call only while holding the lock, when none of the lock's tools may run. */
const killMarked = (mark: string, of: string): Promise<void> =>
  killLeft(`a tool (${of})`, (pid) => wasStartedWith(pid, `${MARK}=${mark}`));

/** For a killed keeper. If a signal ends the tool itself, the keeper returns 128 + n. */
const keeperKilled = ([program = '']: readonly string[]): SlipwayError =>
  new SlipwayError('internal', { params: { reason: `the keeper of ${program} was killed` }, retryable: true });

/**
 * Waits for the exit and for the end of the output. Returns undefined if it was killed, without waiting for output,
 * which remaining processes may hold open.
 */
function ended(child: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code !== null) return;
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(undefined);
    });
    child.once('close', (code) => {
      resolve(code ?? undefined);
    });
  });
}

/**
 * Reads both streams to their ends, and returns the last lines. Rejects if the output was cut off: await it only after
 * the program's own end.
 */
function readLines(child: ChildProcess, onLines?: OnLines): Promise<string[]> {
  let tail: string[] = [];
  const follow = (stream: OutputStream, output: Readable): Promise<void> =>
    eachLines(output, async (lines) => {
      const last = lines.slice(-TAIL_LINES).map((line) => line.slice(0, TAIL_LINE_CHARACTERS));
      tail = [...tail, ...last].slice(-TAIL_LINES);
      await onLines?.(stream, lines);
    });
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('a program without pipes has no output to read');
  const read = Promise.all([follow('stdout', stdout), follow('stderr', stderr)]).then(() => tail);
  read.catch(() => undefined); // who awaits it gets its error; a killed program's output is not awaited
  return read;
}
