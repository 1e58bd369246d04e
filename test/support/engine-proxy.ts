// The way to this machine's engine, which a test can cut and join, or lead through TLS: the engine itself goes on.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { ENGINE } from './engine.js';

export class EngineProxy {
  readonly folder = mkdtempSync(join(tmpdir(), 'slipway-proxy-'));
  readonly #socket = join(this.folder, 'engine.sock');
  readonly #open = new Set<Socket>();
  #server: Server | undefined;
  /** Connections that were ended at once. */
  refused = 0;

  get env(): Record<string, string> {
    return { DOCKER_HOST: `unix://${this.#socket}` };
  }

  async join(): Promise<void> {
    this.#server = createServer((socket) => this.#lead(socket));
    await listening(this.#server, this.#socket);
  }

  /** As an engine that is stopped: its connections end, and nobody listens. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#open) socket.destroy();
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  /** As an engine that is broken: it takes connections, and ends them at once. */
  async hangUp(): Promise<void> {
    this.refused = 0;
    this.#server = createServer((socket) => {
      this.refused += 1;
      socket.destroy();
    });
    await listening(this.#server, this.#socket);
  }

  /** Both sides show a certificate, as `dockerd --tlsverify` wants it. Returns the settings of a client. */
  async joinByTls(): Promise<Record<string, string>> {
    makeCertificates(this.folder);
    const read = (name: string): Buffer => readFileSync(join(this.folder, name));
    const server = createTlsServer(
      { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem'), requestCert: true, rejectUnauthorized: true },
      (socket) => this.#lead(socket),
    );
    this.#server = server;
    await listening(server, 0, '127.0.0.1');
    const { port } = server.address() as AddressInfo;
    return { DOCKER_HOST: `tcp://127.0.0.1:${port}`, DOCKER_CERT_PATH: this.folder, DOCKER_TLS_VERIFY: '1' };
  }

  async close(): Promise<void> {
    await this.cut();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #lead(socket: Socket): void {
    const engine = connect(ENGINE.slice('unix://'.length));
    for (const [one, other] of [
      [socket, engine],
      [engine, socket],
    ] as const) {
      this.#open.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#open.delete(one);
        other.destroy();
      });
    }
  }
}

async function listening(server: Server, ...at: [string] | [number, string]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (typeof at[0] === 'string') server.listen(at[0], resolve);
    else server.listen(at[0], at[1], resolve);
  });
}

/** An authority, and one certificate that serves both sides. */
function makeCertificates(folder: string): void {
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=authority', '-keyout', 'ca-key.pem', '-out', 'ca.pem'); // prettier-ignore
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=engine', '-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=CA:FALSE',
    '-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-keyout', 'key.pem', '-out', 'cert.pem'); // prettier-ignore
}
