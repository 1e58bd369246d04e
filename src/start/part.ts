// One of Slipway's own processes: started in a group of its own, started again when it dies, stopped on request.
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { SlipwayError } from '../contract/errors.js';
import { identify, type ProcessIdentity } from './identity.js';
import { boundLog, lastLines, openLog } from './part-log.js';
import { say } from './say.js';

const FIRST_BACKOFF_MS = 200;
const LONGEST_BACKOFF_MS = 10_000;
/** One that stayed up this long begins at the first backoff again. */
const STEADY_MS = 30_000;
const LOOK_AT_LOG_MS = 60 * 60 * 1000;

/** How a process ended, once it has. In an object, so that nobody awaits it by awaiting what returns it. */
interface Exited {
  how: Promise<string>;
  /** Size of its log before it began. */
  logBytes: number;
}

export interface ProcessEnd {
  pid: number;
  code: number | null;
  signal: string | null;
}

export interface PartOptions {
  name: string;
  argv: [string, ...string[]];
  env: Record<string, string>;
  /** Its output; a file, since it may outlive this process. */
  logFile: string;
  /** Between SIGTERM and SIGKILL. */
  graceMs: number;
  /** A listening socket of this process that each of its processes inherits. */
  listensOn?: number;
  /** Before each process, also one that is started again. */
  prepare?: () => Promise<void>;
  /** Told of each process before anything relies on it, and again when it is ready. */
  onProcess: (process: ProcessIdentity) => Promise<void>;
  /** Told how each process ended, before another one is started. */
  onEnd?: (end: ProcessEnd) => Promise<void>;
  /** Before a process that ended is started again for the first time. */
  firstBackoffMs?: number;
  /** Resolves when the part can be used; asked anew for each process. */
  ready: () => Promise<void>;
}

export class Part {
  #child: ChildProcess | undefined;
  readonly #stop = new AbortController();
  #life: Promise<void> = Promise.resolve();
  pid = 0;

  constructor(readonly options: PartOptions) {}

  /** Resolves when the first process is ready; rejects when it ended before that. */
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
    setInterval(() => void boundLog(this.options.logFile).catch(sayFailure), LOOK_AT_LOG_MS).unref();
  }

  /** SIGTERM, the grace, SIGKILL. Resolves when it is gone. */
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
    let backoffMs = firstBackoffMs;
    let upSince = startedAt;
    let ended: Exited | undefined = exited;
    while (ended) {
      const how = await ended.how;
      if (this.#isStopping()) return;
      if (Date.now() - upSince > STEADY_MS) backoffMs = firstBackoffMs;
      say(`${this.options.name} ended (${how}); starting it again`);
      await delay(backoffMs, undefined, { signal: this.#stop.signal }).catch(() => undefined); // only a stop ends it early
      backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
      if (this.#isStopping()) return;
      upSince = Date.now();
      ended = await this.#spawnAgain();
    }
  }

  #isStopping(): boolean {
    return this.#stop.signal.aborted;
  }

  /** A full disk, for one, may keep it from being started: then it counts as a process that ended. */
  async #spawnAgain(): Promise<Exited | undefined> {
    try {
      return await this.#spawn();
    } catch (error) {
      return { how: Promise.resolve(error instanceof Error ? error.message : String(error)), logBytes: 0 };
    }
  }

  /** Undefined when a stop came first: nothing is started behind its back. */
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
      child.stdin?.on('error', () => undefined); // it has ended: `exit` says how
      const how = new Promise<string>((resolve) => {
        child.once('error', (error) => {
          resolve(error.message);
        });
        child.once('exit', (code, signal) => {
          const written = onEnd?.({ pid: child.pid ?? 0, code, signal }).catch(sayFailure);
          void Promise.resolve(written).then(() => {
            resolve(signal ?? `exit ${code ?? '?'}`);
          });
        });
      });
      this.#child = child;
      this.pid = child.pid ?? 0;
      const identity = await identify(this.pid);
      if (identity) await onProcess(identity).catch(sayFailure); // the books are kept for others; the part is up all the same
      child.stdin?.end(BEGIN);
      return { how, logBytes };
    } finally {
      await log.close();
    }
  }
}

/** Lets the shell begin. */
const BEGIN = '\n';

/**
 * The shell waits until its process is noted down: of a start that is killed before, it reads the end of the pipe, and ends.
 * Else the next start would not know the part, and would start a second one beside it. A core dump would hold its keys.
 * An inherited socket is announced as systemd announces one (sd_listen_fds(3)). The shell replaces itself by the program,
 * which so has its pid.
 */
function inShell(argv: [string, ...string[]], inheritsSocket: boolean): [string, ...string[]] {
  const announce = inheritsSocket ? 'export LISTEN_FDS=1 LISTEN_PID=$$; ' : 'unset LISTEN_FDS LISTEN_PID; ';
  return ['/bin/sh', '-c', `read -r _ || exit 1; exec < /dev/null; ulimit -S -c 0; ${announce}exec "$0" "$@"`, ...argv];
}

function sayFailure(error: unknown): void {
  say(`What runs could not be written down: ${error instanceof Error ? error.message : String(error)}`);
}
