// Where the engine is, as Docker's own client reads it: DOCKER_HOST, DOCKER_CERT_PATH, DOCKER_TLS_VERIFY.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import Docker, { type DockerOptions } from 'dockerode';

export interface EngineAddress {
  /** `unix:///…`, `tcp://host:port`, `ssh://user@host`; without one the usual sockets. */
  host?: string;
  /** Folder of `ca.pem`, `cert.pem` and `key.pem`. */
  certPath?: string;
  tlsVerify: boolean;
  /** Where a rootless engine has its socket. */
  runtimeDir?: string;
  home?: string;
}

const USUAL_SOCKET = '/var/run/docker.sock';
const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/** One engine, asked in three ways. */
export interface EngineClients {
  /** For what is answered soon: an engine that is stuck fails, instead of holding up a step until its deadline. */
  calls: Docker;
  /** For builds, outputs, events and waits: silent for as long as nothing happens. */
  streams: Docker;
  /** For whether it takes calls: each on a new connection, as an engine that ends answers on those it has. */
  looks: Docker;
}

/** Beyond a slow disk's `create`, and a `stop` with its grace. */
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

/** By ssh, each call has a connection of its own in any case. */
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

/** The system's engine, a rootless one, or a desktop's: the first that is there. */
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
