// Connects to the engine. The settings are those of Docker's own client: DOCKER_HOST, DOCKER_CERT_PATH,
// DOCKER_TLS_VERIFY.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import Docker, { type DockerOptions } from 'dockerode';

export interface EngineAddress {
  /** `unix:///…`, `tcp://host:port`, or `ssh://user@host`. If absent, the usual sockets are tried. */
  host?: string;
  /** The folder of `ca.pem`, `cert.pem` and `key.pem`. */
  certPath?: string;
  tlsVerify: boolean;
  /** The folder of a rootless engine's socket. */
  runtimeDir?: string;
  home?: string;
}

const USUAL_SOCKET = '/var/run/docker.sock';
const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/** Three clients of one engine. */
export interface EngineClients {
  /** For short calls. They fail if the engine is stuck, instead of delaying a step until its deadline. */
  calls: Docker;
  /** For builds, outputs, events and waits, which are silent while nothing happens. */
  streams: Docker;
  /**
   * For checks whether the engine accepts calls. Each uses a new connection, because an engine that shuts down still
   * answers on existing ones.
   */
  looks: Docker;
}

/** More than a `create` on a slow disk, or a `stop` with its grace period. */
const CALL_MS = 60_000;
const LOOK_MS = 1000;

export function connectEngine(address: EngineAddress, callMs = CALL_MS): EngineClients {
  const at = placeOf(address);
  return {
    calls: new Docker({ ...at, timeout: callMs }),
    streams: new Docker(at),
    looks: new Docker({ ...at, ...onNewConnections(at), timeout: LOOK_MS }),
  };
}

/** Over ssh, each call has its own connection anyway. */
function onNewConnections({ protocol, ca, cert, key }: DockerOptions): { agent?: HttpAgent } {
  if (protocol === 'ssh') return {};
  if (protocol === 'https') return { agent: new HttpsAgent({ keepAlive: false, ca, cert, key }) };
  return { agent: new HttpAgent({ keepAlive: false }) };
}

function placeOf(address: EngineAddress): DockerOptions {
  const { host } = address;
  if (host === undefined || host === '') return { socketPath: usualSocket(address) };
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) || USUAL_SOCKET };
  const url = new URL(host.includes('//') ? host : `tcp://${host}`);
  if (url.protocol === 'ssh:') {
    return { protocol: 'ssh', host: url.hostname, port: url.port || 22, username: url.username };
  }
  const tls = address.tlsVerify || url.port === String(TLS_PORT);
  return {
    protocol: tls ? 'https' : 'http',
    host: url.hostname,
    port: url.port || (tls ? TLS_PORT : PLAIN_PORT),
    ...(tls && address.certPath !== undefined && certificates(address.certPath)),
  };
}

/** Returns the first existing socket: the system's engine, a rootless one, or a desktop's. */
function usualSocket({ runtimeDir, home }: EngineAddress): string {
  const places = [
    USUAL_SOCKET,
    ...(runtimeDir === undefined ? [] : [join(runtimeDir, 'docker.sock')]),
    ...(home === undefined ? [] : [join(home, '.docker/run/docker.sock'), join(home, '.docker/desktop/docker.sock')]),
  ];
  return places.find((path) => existsSync(path)) ?? USUAL_SOCKET;
}

function certificates(folder: string): { ca: Buffer; cert: Buffer; key: Buffer } {
  const read = (name: string): Buffer => readFileSync(join(folder, name));
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}
