// The address of the Docker engine. The settings are those of Docker's own client: DOCKER_HOST, DOCKER_CERT_PATH,
// DOCKER_TLS_VERIFY.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DockerOptions } from 'dockerode';

export interface EngineSettings {
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

/** Returns how dockerode connects to the engine. Throws if the certificates can't be read. */
export function engineOptions(settings: EngineSettings): DockerOptions {
  const address = engineAddress(settings);
  const { certPath } = settings;
  return address.protocol === 'https' && certPath !== undefined ? { ...address, ...certificates(certPath) } : address;
}

/** Returns the address alone. */
export function engineAddress(settings: EngineSettings): DockerOptions {
  const { host } = settings;
  if (host === undefined || host === '') return { socketPath: usualSocket(settings) };
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) || USUAL_SOCKET };
  const url = new URL(host.includes('//') ? host : `tcp://${host}`);
  if (url.protocol === 'ssh:') {
    return { protocol: 'ssh', host: url.hostname, port: url.port || 22, username: url.username };
  }
  const tls = settings.tlsVerify || url.port === String(TLS_PORT);
  return {
    protocol: tls ? 'https' : 'http',
    host: url.hostname,
    port: url.port || (tls ? TLS_PORT : PLAIN_PORT),
  };
}

const PROTOCOLS = ['unix:', 'tcp:', 'http:', 'https:', 'ssh:'];

/** Returns true for an address that `engineAddress` can use. */
export function isEngineHost(host: string): boolean {
  const address = host.includes('//') ? host : `tcp://${host}`;
  return URL.canParse(address) && PROTOCOLS.includes(new URL(address).protocol);
}

/** Returns the first existing socket: the system's engine, a rootless one, or a desktop's. */
function usualSocket({ runtimeDir, home }: EngineSettings): string {
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
