// One of Slipway's own processes: started in a group of its own, started again when it dies, stopped on request.
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
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
}

export interface PartOptions {
  name: string;
  argv: [string, ...string[]];
  env: Record<string, string>;
  /** Its output; a file, since it may outlive this process. */
  logFile: string;
  /** Between SIGTERM and SIGKILL. */
  graceMs: number;
  /** Told of each process before anything relies on it, and again when it is ready. */
  onProcess: (process: ProcessIdentity) => Promise<void>;
  /** Resolves when the part can be used; asked anew for each process. */
  ready: () => Promise<void>;
}

export class Part {
  #child: ChildProcess | undefined;
  #stopping = false;
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
        throw new Error(`${this.options.name} ended at once: ${await lastLines(this.options.logFile)}`);
      }),
    ]);
    this.#life = this.#keepUp(exited, startedAt);
    setInterval(() => void boundLog(this.options.logFile).catch(sayFailure), LOOK_AT_LOG_MS).unref();
  }

  /** SIGTERM, the grace, SIGKILL. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
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
    let backoffMs = FIRST_BACKOFF_MS;
    let upSince = startedAt;
    let ended: Exited | undefined = exited;
    while (ended) {
      const how = await ended.how;
      if (this.#isStopping()) return;
      if (Date.now() - upSince > STEADY_MS) backoffMs = FIRST_BACKOFF_MS;
      say(`${this.options.name} ended (${how}); starting it again`);
      await delay(backoffMs);
      backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
      if (this.#isStopping()) return;
      upSince = Date.now();
      ended = await this.#spawn();
    }
  }

  #isStopping(): boolean {
    return this.#stopping;
  }

  /** Undefined when a stop came first: nothing is started behind its back. */
  async #spawn(): Promise<Exited | undefined> {
    const { argv, env, logFile, onProcess } = this.options;
    const log = await openLog(logFile);
    try {
      if (this.#isStopping()) return undefined;
      const [command, ...args] = argv;
      const child = spawn(command, args, { env, detached: true, stdio: ['ignore', log.fd, log.fd] });
      const how = new Promise<string>((resolve) => {
        child.once('error', (error) => {
          resolve(error.message);
        });
        child.once('exit', (code, signal) => {
          resolve(signal ?? `exit ${code ?? '?'}`);
        });
      });
      this.#child = child;
      this.pid = child.pid ?? 0;
      const identity = await identify(this.pid);
      if (identity) await onProcess(identity).catch(sayFailure); // the books are kept for others; the part is up all the same
      return { how };
    } finally {
      await log.close();
    }
  }
}

function sayFailure(error: unknown): void {
  say(`What runs could not be written down: ${error instanceof Error ? error.message : String(error)}`);
}
