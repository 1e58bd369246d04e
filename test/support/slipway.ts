// The built Slipway as its users have it: `npm start`'s program as a process, spoken to over HTTP.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TemporalConfig } from '../../src/config.js';
import { layout } from '../../src/contract/layout.js';
import type { Step } from '../../src/contract/states.js';
import type { ProgressBody, ServiceView, StatusBody } from '../../src/contract/views.js';
import { clientTls, temporalFiles } from '../../src/start/temporal/files.js';
import { eventually } from './eventually.js';
import { THRIFTY_GO } from './thrifty-go.js';
import { createNamespace, FOREIGN_TEMPORAL } from './foreign-temporal.js';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const START = join(PROJECT, 'dist/start.js');
const FIXTURES = join(PROJECT, 'test/fixtures/apps');
/** Where no engine is. */
const NO_ENGINE = 'unix:///nowhere/docker.sock';
const READY_MS = 120_000;
const STOP_MS = 15_000;
const ENDED = ['completed', 'failed', 'cancelled'];

export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
  text: string;
}

export interface Ready {
  api_url: string;
  web_ui_url: string;
  temporal_address: string;
  pids: Record<'start' | 'temporal' | 'api' | 'worker', number>;
}

export interface Started {
  deployment_id: string;
  status: string;
  queue_position?: number;
}

export interface CallOptions {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  key?: string;
  signal?: AbortSignal;
}

export class Slipway {
  readonly home = mkdtempSync(join(tmpdir(), 'slipway-test-'));
  readonly dataDir = join(this.home, 'data');
  readonly sources = join(this.home, 'sources');
  output = '';
  /** Of its own on a server that others use, too. */
  namespace = 'default';
  #child: ChildProcess | undefined;
  #port = 0;

  private constructor(readonly env: Record<string, string>) {}

  /** A fresh data folder of its own, its own Temporal (or namespace of a foreign one), and a folder for sources. */
  static async start(env: Record<string, string> = {}, program = START): Promise<Slipway> {
    const slipway = new Slipway(env);
    chmodSync(slipway.home, 0o711); // apps may run as another user
    cpSync(FIXTURES, slipway.sources, { recursive: true });
    slipway.#port = await freePort();
    if (FOREIGN_TEMPORAL !== undefined) slipway.namespace = await createNamespace(FOREIGN_TEMPORAL);
    await slipway.up(program);
    return slipway;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Whether it may use this machine's Docker engine. */
  get hasEngine(): boolean {
    return this.env['DOCKER_HOST'] !== undefined;
  }

  get hostId(): string {
    return readFileSync(join(this.dataDir, 'host.id'), 'utf8').trim();
  }

  get adminKey(): string {
    return readFileSync(join(this.dataDir, 'admin.key'), 'utf8').trim();
  }

  get ready(): Ready {
    return JSON.parse(readFileSync(join(this.dataDir, 'ready.json'), 'utf8')) as Ready;
  }

  /** How its Temporal is reached: the embedded server wants a certificate. */
  get temporal(): TemporalConfig {
    const { namespace, dataDir, ready } = this;
    const address = ready.temporal_address;
    if (FOREIGN_TEMPORAL !== undefined) return { address, namespace };
    return { address, namespace, tls: clientTls(temporalFiles(layout(dataDir))) };
  }

  get startProcess(): ChildProcess {
    if (!this.#child) throw new Error('Slipway was not started');
    return this.#child;
  }

  /** Starts (again) in the same data folder, and waits for the ready line. `program` is another version's `dist/start.js`. */
  async up(program = START): Promise<void> {
    this.output = '';
    const child = spawn(process.execPath, [program], {
      cwd: this.home,
      detached: true,
      env: {
        ...process.env,
        SLIPWAY_DATA_DIR: this.dataDir,
        SLIPWAY_PORT: String(this.#port),
        SLIPWAY_RATE_LIMIT: '0', // tests look often
        SLIPWAY_SOURCE_ROOTS: `${this.sources}:${PROJECT}examples`,
        TEMPORAL_NAMESPACE: this.namespace,
        ...THRIFTY_GO,
        DOCKER_HOST: NO_ENGINE, // the same on every machine; a test of docker says otherwise
        ...this.env,
      },
    });
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    await eventually(() => child.exitCode !== null || this.output.includes('Slipway is ready:'), {
      timeoutMs: READY_MS,
    });
    if (child.exitCode !== null) throw new Error(`Slipway ended at its start: ${this.output}`);
  }

  /** As Ctrl-C or a service manager would. Resolves with the exit code. */
  async down(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.startProcess;
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await eventually(() => child.exitCode !== null || child.signalCode !== null, { timeoutMs: STOP_MS });
    return child.exitCode;
  }

  /** Ends Slipway and its apps, and removes all it wrote. */
  async remove(): Promise<void> {
    if (this.#child && this.#child.exitCode === null && this.#child.signalCode === null) await this.down();
    for (const pid of this.appProcesses()) killIfThere(pid);
    await eventually(() => this.appProcesses().length === 0 && this.keepers().length === 0);
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  async call<T = Record<string, unknown>>(
    path: string,
    { method, body, headers, key, signal }: CallOptions = {},
  ): Promise<Answer<T>> {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const answer = await fetch(`${this.url}${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      signal: signal ?? AbortSignal.timeout(30_000),
      headers: {
        Authorization: `Bearer ${key ?? this.adminKey}`,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson =
      answer.headers.get('Content-Type')?.includes('json') && !answer.headers.get('Content-Type')?.includes('ndjson');
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      body: (isJson && text ? JSON.parse(text) : {}) as T,
    };
  }

  /** A start request for one of the fixture apps. */
  app(name: string, config: Record<string, unknown> = {}, rest: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      mode: 'uv',
      config: { source: { type: 'directory', path: join(this.sources, name) }, ...config },
      ...rest,
    };
  }

  /** POSTs, and expects it to be accepted. */
  async deploy(body: unknown, headers: Record<string, string> = {}): Promise<Started> {
    const answer = await this.call<Started>('/api/deployments', { body, headers });
    if (answer.status !== 202) throw new Error(`not accepted: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  async status(id: string): Promise<StatusBody> {
    return (await this.call<StatusBody>(`/api/deployments/${id}`)).body;
  }

  async progress(id: string): Promise<ProgressBody> {
    return (await this.call<ProgressBody>(`/api/deployments/${id}/progress`)).body;
  }

  async ended(id: string, timeoutMs = 90_000): Promise<StatusBody> {
    return eventually(
      async () => {
        const status = await this.status(id);
        return ENDED.includes(status.status) && !status.stale && status;
      },
      { timeoutMs, firstMs: 250, mostMs: 500 },
    );
  }

  /** Waits for a step, some of which are over in a moment. */
  async untilStep(id: string, step: Step): Promise<void> {
    await eventually(async () => (await this.status(id)).step === step, { timeoutMs: 60_000, mostMs: 50 });
  }

  /** Deploys and waits for the end. */
  async run(body: unknown): Promise<StatusBody> {
    return this.ended((await this.deploy(body)).deployment_id);
  }

  async service(name: string): Promise<ServiceView> {
    return (await this.call<ServiceView>(`/api/services/${name}`)).body;
  }

  async logs(id: string): Promise<string> {
    return (await this.call(`/api/deployments/${id}/logs`, { headers: { Accept: 'text/plain' } })).text;
  }

  async waitReady(): Promise<void> {
    await eventually(async () => (await fetch(`${this.url}/readyz`)).ok, { timeoutMs: 60_000 });
  }

  /** pids of every process that an app of this Slipway's started: by its data folder in their working folder or environment. */
  appProcesses(service?: string): number[] {
    return processesWhere((pid) => {
      const environment = readProc(pid, 'environ').split('\0');
      const instance = environment.find((entry) => entry.startsWith('SLIPWAY_INSTANCE='));
      if (instance === undefined || !environment.some((entry) => entry.startsWith(`HOME=${this.dataDir}/`)))
        return false;
      return service === undefined || environment.includes(`SLIPWAY_SERVICE=${service}`);
    });
  }

  /** Keepers of this Slipway's apps: they write how an app ended, and go. */
  keepers(): number[] {
    return processesWhere(
      (pid) => readProc(pid, 'cmdline').includes('keeper.py\0app') && workingFolder(pid).startsWith(this.dataDir),
    );
  }

  /** pids of whatever still works in this Slipway's data folder: tools, keepers. */
  toolProcesses(): number[] {
    const own = new Set(Object.values(this.ready.pids));
    return processesWhere((pid) => !own.has(pid) && readProc(pid, 'cmdline').includes(this.dataDir));
  }
}

export function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // its keeper was quicker
  }
}

function processesWhere(matches: (pid: number) => boolean): number[] {
  return readdirNumbers('/proc').filter((pid) => pid !== process.pid && isReal(pid) && matches(pid));
}

function readdirNumbers(folder: string): number[] {
  return readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** A zombie is dead. */
const isReal = (pid: number): boolean => !/^State:\s+Z/m.test(readProc(pid, 'status'));

export function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // it ended meanwhile
  }
}

function workingFolder(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return ''; // it ended meanwhile
  }
}

export const isThere = (pid: number): boolean =>
  statSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined && isReal(pid);

/**
 * Below the ports that Linux gives out by itself: between the look and its use no app of another test, and no connection,
 * can get it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 10_000);
    if (await canListen(port)) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
