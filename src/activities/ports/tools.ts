// Runs tools under the keeper, so that none outlives the worker (architecture §4, §5).
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LineSplitter } from './lines.js';

export type OutputStream = 'stdout' | 'stderr';

/** An exclusive lock that is held: also by each tool that runs inside it, for as long as its tree lives. */
export interface HeldLock {
  readonly fd: number;
}

export interface ToolOptions {
  cwd: string;
  /** All of the tool's environment. */
  env: Readonly<Record<string, string>>;
  /** Ends the tool's whole tree: SIGTERM, then SIGKILL. */
  signal?: AbortSignal;
  lock?: HeldLock;
  /** Lines as they come; not masked. */
  onLines?: (stream: OutputStream, lines: readonly string[]) => void;
}

export interface ToolResult {
  /** The tool's own; 127 when it can't be executed, 128 + n when signal n ended it. */
  exitCode: number;
  /** Its last lines on both streams, as they came; not masked. */
  tail: string[];
}

export interface ToolsPort {
  /** Resolves when the tool's whole tree is gone; rejects with the signal's reason when that ended it. */
  run(argv: readonly string[], options: ToolOptions): Promise<ToolResult>;
  /** Runs `work` while holding the lock file. It waits for other holders, also for tools that a killed worker left. */
  withLock<T>(path: string, work: (lock: HeldLock) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export interface Keeper {
  /** A real interpreter, not a version manager's shim: a shim obeys the working folder. */
  python: string;
  /** Path of `keeper.py`. */
  script: string;
  /** Absolute path of util-linux's `flock`, where the host has it: 20 ms quicker than Python. */
  flock?: string;
}

const TAIL_LINES = 300;
/** Two lines instead of the whole keeper, which takes 40 ms longer to start. */
const TAKE_LOCK = 'import fcntl; fcntl.flock(3, fcntl.LOCK_EX)';

export function createTools(keeper: Keeper): ToolsPort {
  return {
    async run(argv, { cwd, env, signal, lock, onLines }) {
      signal?.throwIfAborted();
      const child = spawnAlone(keeper.python, ['-I', '-S', keeper.script, 'tool'], lock);
      child.stdin?.write(`${JSON.stringify({ argv, cwd, env })}\n`); // stays open: its end means that the worker is gone
      const stop = (): void => void child.stdin?.write('stop\n');
      signal?.addEventListener('abort', stop, { once: true });
      try {
        const tail = readLines(child, onLines);
        const exitCode = await ended(child);
        signal?.throwIfAborted();
        return { exitCode, tail: tail() };
      } finally {
        signal?.removeEventListener('abort', stop);
      }
    },

    async withLock(path, work, signal) {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(path, 'a', 0o600);
      try {
        await takeLock(keeper, file, signal);
        return await work({ fd: file.fd });
      } finally {
        await file.close();
      }
    },
  };
}

/** The lock belongs to the open file, which the short-lived keeper shares; so it stays when that has ended. */
async function takeLock(keeper: Keeper, file: FileHandle, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const [program, ...args] =
    keeper.flock === undefined ? [keeper.python, '-I', '-S', '-c', TAKE_LOCK] : [keeper.flock, '3'];
  const child = spawnAlone(program, args, { fd: file.fd });
  const stop = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const tail = readLines(child);
    const exitCode = await ended(child);
    signal?.throwIfAborted();
    if (exitCode !== 0) throw new Error(`the keeper could not take a lock (${exitCode}): ${tail().join(' ')}`);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function spawnAlone(program: string, args: readonly string[], lock?: HeldLock): ChildProcess {
  const child = spawn(program, args, {
    cwd: '/',
    env: {},
    detached: true, // a terminal's Ctrl-C is the worker's to judge
    stdio: ['pipe', 'pipe', 'pipe', ...(lock ? [lock.fd] : [])],
  });
  child.stdin?.on('error', ignoreClosedPipe);
  return child;
}

/** The keeper may be gone before it is told to stop; how it ended is learned from its exit. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') throw error;
}

/** Waits for the exit and for the last of the output. */
function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve(code ?? (signal === 'SIGKILL' ? 137 : 143));
    });
  });
}

/** Follows both streams; the function it returns gives the last lines. */
function readLines(child: ChildProcess, onLines?: ToolOptions['onLines']): () => string[] {
  let tail: string[] = [];
  const follow = (stream: OutputStream): void => {
    const splitter = new LineSplitter();
    const take = (lines: readonly string[]): void => {
      if (lines.length === 0) return;
      tail = [...tail, ...lines].slice(-TAIL_LINES);
      onLines?.(stream, lines);
    };
    child[stream]?.on('data', (chunk: Buffer) => {
      take(splitter.push(chunk));
    });
    child[stream]?.on('end', () => {
      take(splitter.end());
    });
  };
  follow('stdout');
  follow('stderr');
  return () => tail;
}
