// Runs one of Slipway's own processes: starts it in its own process group, restarts it when it dies, and stops it on
// request.
import { spawn, type ChildProcess } from 'node:child_process';
import { SlipwayError } from '../contract/errors.js';
import { Backoff } from '../waiting.js';
import { identify, type ProcessIdentity } from './identity.js';
import { boundLog, lastLines, openLog } from './part-log.js';
import { printLine } from './terminal.js';

const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 10_000;
/** The uptime after which the next restart has the first backoff again. */
const STEADY_MS = 30_000;
const LOOK_AT_LOG_MS = 60 * 60 * 1000;

/**
 * The end of a started process: `how` resolves with a text about it. The promise is in an object, so that awaiting the
 * function that returns the object doesn't await the end.
 */
interface Exited {
  how: Promise<string>;
  /** The size of its log before the start. */
  logBytes: number;
}

export interface ProcessEnd {
  pid: number;
  code: number | null;
  signal: string | null;
}

export interface ManagedProcessOptions {
  name: string;
  argv: [string, ...string[]];
  env: Record<string, string>;
  /** The file for its output. A file, because the part may outlive this process. */
  logFile: string;
  /** The time between SIGTERM and SIGKILL. */
  graceMs: number;
  /** A listening socket of this process that each of the part's processes inherits. */
  listensOn?: number;
  /** Called before each process, including restarts. */
  prepare?: () => Promise<void>;
  /** Called with each process before anything relies on it. */
  onProcess: (process: ProcessIdentity) => Promise<void>;
  /** Called with the end of each process, before the next one starts. */
  onEnd?: (end: ProcessEnd) => Promise<void>;
  /** The wait before the first restart. */
  firstBackoffMs?: number;
  /** Resolves when the part can be used. */
  ready: () => Promise<void>;
}

export class ManagedProcess {
  #child: ChildProcess | undefined;
  readonly #stop = new AbortController();
  #life: Promise<void> = Promise.resolve();
  pid = 0;

  constructor(readonly options: ManagedProcessOptions) {}

  /** Resolves when the first process is ready. Rejects if it ends before. */
  async start(): Promise<void> {
    const startedAt = Date.now();
    const exited = await this.#spawn();
    if (!exited) throw new Error(`${this.options.name} was stopped before it began`);
    await Promise.race([
      this.options.ready(),
      exited.how.then(async () => {
        const lines = await lastLines(this.options.logFile, exited.logBytes);
        throw new SlipwayError('start_failed', { params: { reason: `${this.options.name} ended at once: ${lines}` } });
      }),
    ]);
    this.#life = this.#keepUp(exited, startedAt);
    setInterval(() => void boundLog(this.options.logFile).catch(printFailure), LOOK_AT_LOG_MS).unref();
  }

  /** Sends SIGTERM, and SIGKILL after the grace period. Resolves when the process has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), this.options.graceMs);
      await new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        else
          child.once('exit', () => {
            resolve();
          });
      });
      clearTimeout(killer);
    }
    await this.#life;
  }

  async #keepUp(exited: Exited, startedAt: number): Promise<void> {
    const { firstBackoffMs = FIRST_BACKOFF_MS } = this.options;
    const backoff = new Backoff(firstBackoffMs, LONGEST_BACKOFF_MS);
    let upSince = startedAt;
    let ended: Exited | undefined = exited;
    while (ended) {
      const how = await ended.how;
      if (this.#isStopping()) return;
      if (Date.now() - upSince > STEADY_MS) backoff.reset();
      printLine(`${this.options.name} ended (${how}); starting it again`);
      if (!(await backoff.passed(this.#stop.signal))) return;
      upSince = Date.now();
      ended = await this.#spawnAgain();
    }
  }

  #isStopping(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Starts the process again. A failed start, for example because of a full disk, counts as a process that ended. */
  async #spawnAgain(): Promise<Exited | undefined> {
    try {
      return await this.#spawn();
    } catch (error) {
      return { how: Promise.resolve(error instanceof Error ? error.message : String(error)), logBytes: 0 };
    }
  }

  /** Starts the process. Returns undefined if a stop came first. */
  async #spawn(): Promise<Exited | undefined> {
    const { argv, env, logFile, listensOn, onProcess, onEnd, prepare } = this.options;
    await prepare?.();
    const log = await openLog(logFile);
    const { size: logBytes } = await log.stat();
    try {
      if (this.#isStopping()) return undefined;
      const [command, ...args] = inShell(argv, listensOn !== undefined);
      const inherited = listensOn === undefined ? [] : [listensOn];
      const child = spawn(command, args, { env, detached: true, stdio: ['pipe', log.fd, log.fd, ...inherited] });
      child.stdin?.on('error', () => undefined); // the process has ended: `exit` reports how
      const how = new Promise<string>((resolve) => {
        child.once('error', (error) => {
          resolve(error.message);
        });
        child.once('exit', (code, signal) => {
          const written = onEnd?.({ pid: child.pid ?? 0, code, signal }).catch(printFailure);
          void Promise.resolve(written).then(() => {
            resolve(signal ?? `exit ${code ?? '?'}`);
          });
        });
      });
      this.#child = child;
      this.pid = child.pid ?? 0;
      const identity = await identify(this.pid);
      // The record is for other programs; the part runs anyway.
      if (identity) await onProcess(identity).catch(printFailure);
      child.stdin?.end(BEGIN);
      return { how, logBytes };
    } finally {
      await log.close();
    }
  }
}

/** Makes the shell continue. */
const BEGIN = '\n';

/**
 * Wraps the program in a shell that waits until its process is recorded. If the start is killed before, the shell reads
 * the end of the pipe, and exits. Otherwise the next start would not have the part's record, and would start a second
 * one beside it. Core dumps are disabled, because they would contain keys. An inherited socket is announced with
 * systemd's variables (sd_listen_fds(3)). The shell replaces itself with the program, which so has its pid.
 */
function inShell(argv: [string, ...string[]], inheritsSocket: boolean): [string, ...string[]] {
  const announce = inheritsSocket ? 'export LISTEN_FDS=1 LISTEN_PID=$$; ' : 'unset LISTEN_FDS LISTEN_PID; ';
  return ['/bin/sh', '-c', `read -r _ || exit 1; exec < /dev/null; ulimit -S -c 0; ${announce}exec "$0" "$@"`, ...argv];
}

function printFailure(error: unknown): void {
  printLine(`What runs could not be written down: ${error instanceof Error ? error.message : String(error)}`);
}
