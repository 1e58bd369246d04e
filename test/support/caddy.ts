// A real Caddy of its own, for tests and benchmarks: its admin interface, and what an operator does to it.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { handsConnectionsOver } from '../../src/activities/ports/proc.js';
import { callHttp, type HttpCall } from './http.js';
import { eventually } from './eventually.js';
import { freePort } from './slipway.js';

/** Why tests of the front proxy can't run here; undefined when they can. */
export function caddyMissing(): string | undefined {
  try {
    execFileSync('caddy', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch (error) {
    if (process.env['CI'] !== undefined) throw new Error('there is no caddy', { cause: error });
    return 'there is no caddy on PATH';
  }
}

/** As docs/how-to/put-caddy-in-front.md asks for: set for as long as a Caddy is here, where that is allowed. */
const MIGRATES = '/proc/sys/net/ipv4/tcp_migrate_req';

function setMigrating(value: '0' | '1'): void {
  try {
    writeFileSync(MIGRATES, value);
  } catch (error) {
    process.stderr.write(`net.ipv4.tcp_migrate_req stays as it is: ${String(error)}\n`);
  }
}

export class Caddy {
  readonly #found = handsConnectionsOver();
  readonly #home = mkdtempSync(join(tmpdir(), 'slipway-caddy-'));
  #child: ChildProcess | undefined;

  readonly #address: string;
  /** As the setting names it. */
  readonly admin: string;

  private constructor(port: number | undefined) {
    this.#address = port === undefined ? `unix/${this.#home}/admin.sock` : `127.0.0.1:${port}`;
    this.admin = port === undefined ? this.#address : `http://${this.#address}`;
  }

  /** With no more than an admin interface: on a port, or on a socket. */
  static async start(on: 'port' | 'socket' = 'port'): Promise<Caddy> {
    const caddy = new Caddy(on === 'port' ? await freePort() : undefined);
    if (!caddy.#found) setMigrating('1');
    await caddy.up();
    return caddy;
  }

  /** With a configuration in which nothing of Slipway's stands. */
  async up(config: object = {}): Promise<void> {
    const file = join(this.#home, 'caddy.json');
    writeFileSync(file, JSON.stringify({ admin: { listen: this.#address }, ...config }));
    const env = { ...process.env, HOME: this.#home, XDG_DATA_HOME: this.#home, XDG_CONFIG_HOME: this.#home };
    this.#child = spawn('caddy', ['run', '--config', file], { env, stdio: 'ignore' });
    await eventually(() => this.config().then(() => true));
  }

  async down(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  async remove(): Promise<void> {
    await this.down();
    if (!this.#found) setMigrating('0');
    rmSync(this.#home, { recursive: true, force: true });
  }

  #call(path: string, call: HttpCall = {}): ReturnType<typeof callHttp> {
    if (this.admin.startsWith('http:')) return callHttp(`${this.admin}${path}`, call);
    const socketPath = this.#address.slice('unix/'.length);
    return callHttp(`http://localhost${path}`, { ...call, socketPath, headers: { ...call.headers, Host: '' } });
  }

  async config<T = unknown>(path = ''): Promise<T> {
    const { status, text } = await this.#call(`/config/${path}`);
    if (status !== 200) throw new Error(`Caddy answered ${status}: ${text}`);
    return JSON.parse(text) as T;
  }

  /** As `caddy reload` does: the whole configuration is replaced. */
  async load(config: object): Promise<void> {
    const body = JSON.stringify({ admin: { listen: this.#address }, ...config });
    const headers = { 'Content-Type': 'application/json' };
    const { status, text } = await this.#call('/load', { method: 'POST', headers, body });
    if (status !== 200) throw new Error(`Caddy answered ${status}: ${text}`);
  }
}
