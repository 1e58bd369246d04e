// A second Docker engine on this machine, in which root in a container is another user on the host (`userns-remap`).
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { docker as first, BASE_IMAGE } from './engine.js';
import { missing as engineMissing } from './docker-stage.js';
import { eventually } from './eventually.js';

/** Root of its containers, and the users after it. */
export const MAPPED_ROOT = 500_000;
const USERS = 65_536;
const SUBNET = '10.205.0.1/24';
const PRIVATE = ['--mount', '--propagation', 'private'];

/** Why there can be none here; undefined when there can. */
export const missing = engineMissing ?? lacking();
if (missing !== undefined) process.stdout.write(`The tests of a mapped root are skipped: ${missing}\n`);

function lacking(): string | undefined {
  if (process.getuid?.() !== 0) return 'they need root';
  const programs = ['dockerd', 'ip', 'unshare', 'mount'].filter((name) => spawnSync('which', [name]).status !== 0);
  if (programs.length > 0) return `there is no ${programs.join(', no ')}`;
  return spawnSync('unshare', ['--user', 'true']).status === 0 ? undefined : 'the kernel allows no user namespaces';
}

/**
 * Its mount namespace holds the ranges of users, so that the machine's own files stay as they are. Its bridge has a name of
 * its own: an engine without one removes that of the machine's engine.
 */
const START = `
mount --bind "$0/ranges" /etc/subuid
mount --bind "$0/ranges" /etc/subgid
exec dockerd --userns-remap 65534:65534 --data-root "$0/data" --exec-root "$0/exec" --pidfile "$0/pid" \
  --host "unix://$0/docker.sock" --bridge "$1" --iptables=false`;

export class MappedEngine {
  readonly #folder = mkdtempSync(join(tmpdir(), 'slipway-mapped-'));
  #process: ChildProcess | undefined;
  readonly #bridge = `slipmap${process.pid}`;
  #output = '';
  readonly docker = new Docker({ socketPath: join(this.#folder, 'docker.sock') });

  get address(): string {
    return `unix://${this.#folder}/docker.sock`;
  }

  async start(): Promise<void> {
    this.#prepare();
    await this.run();
    const loading = await this.docker.loadImage(await first.getImage(BASE_IMAGE).get());
    await once(loading.resume(), 'end');
  }

  #prepare(): void {
    chmodSync(this.#folder, 0o711); // its containers' root has to enter it
    const names = ['nobody', execFileSync('id', ['-gn', 'nobody'], { encoding: 'utf8' }).trim()];
    writeFileSync(join(this.#folder, 'ranges'), names.map((name) => `${name}:${MAPPED_ROOT}:${USERS}\n`).join(''));
    execFileSync('ip', ['link', 'add', this.#bridge, 'type', 'bridge']);
    execFileSync('ip', ['address', 'add', SUBNET, 'dev', this.#bridge]);
  }

  /** Returns when it answers. */
  async run(): Promise<void> {
    const started = spawn('unshare', [...PRIVATE, 'sh', '-euc', START, this.#folder, this.#bridge]);
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (text) => (this.#output += String(text)));
    this.#process = started;
    const answers = () => this.docker.ping().then(Boolean, () => started.exitCode !== null);
    await eventually(answers, { timeoutMs: 60_000 });
    if (started.exitCode !== null) throw new Error(`The engine ended: ${this.#output}`);
  }

  /** It takes its containers with it, as an engine does that is told to end. */
  async end(): Promise<void> {
    if (!this.#process || this.#process.exitCode !== null) return;
    process.kill(Number(readFileSync(join(this.#folder, 'pid'), 'utf8')), 'SIGTERM');
    await once(this.#process, 'exit');
  }

  async remove(): Promise<void> {
    await this.end();
    spawnSync('ip', ['link', 'delete', this.#bridge]);
    rmSync(this.#folder, { recursive: true, maxRetries: 5 });
  }
}
