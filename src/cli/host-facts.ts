// Reads facts about this host: programs, ports, engines. Doesn't evaluate them.
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../config.js';
import { rootOnHost, type RootOnHost } from '../contract/engine-root.js';

/** The time limit for a program or the engine. A version manager's shim may first access the network. */
const ANSWER_MS = 5_000;

function can(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false; // absent or not accessible
  }
}

/** Runs a program and returns its first line of output. */
export async function firstLineOf(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { timeout: ANSWER_MS });
  return stdout.trim().split('\n')[0] ?? '';
}

/** Returns true if the folder is writable, or if it doesn't exist and its nearest existing parent is. */
export function isWritable(path: string): boolean {
  if (existsSync(path)) return can(path, constants.W_OK | constants.X_OK);
  return dirname(path) !== path && isWritable(dirname(path));
}

/** Returns why a server can't listen on the port, or undefined if it can. */
export function whyNotFree(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port }, () => server.close(() => resolve(undefined)));
  });
}

const OTHERS_ENTER = 0o001;
const OTHERS_WRITE = 0o002;

/**
 * Returns true if every user of the host can connect to a socket. The socket's mode and the modes of all parent folders
 * decide.
 */
export function isOpenToAll(socketPath: string): boolean {
  if ((statSync(socketPath).mode & OTHERS_WRITE) === 0) return false;
  for (let folder = dirname(socketPath); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & OTHERS_ENTER) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** Returns the version of the Docker engine. */
export async function engineVersion(engine: Config['engine']): Promise<string> {
  return /"Version":\s*"([^"]*)"/.exec(await askEngine(engine, '/version'))?.[1] ?? '?';
}

/** Returns the host user that root in a container is mapped to. */
export async function engineRoot(engine: Config['engine']): Promise<RootOnHost> {
  const { SecurityOptions: options } = JSON.parse(await askEngine(engine, '/info')) as {
    SecurityOptions?: string[] | null;
  };
  return rootOnHost(options ?? []);
}

function askEngine(engine: Config['engine'], path: string): Promise<string> {
  const { options, isTls } = engineAddress(engine);
  return new Promise((resolve, reject) => {
    const call = (isTls ? httpsRequest : httpRequest)({ ...options, path, timeout: ANSWER_MS });
    call.once('error', reject);
    call.once('timeout', () => call.destroy(new Error('no answer')));
    call.once('response', (response) => {
      let text = '';
      response.once('error', reject);
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.once('end', () => resolve(text));
    });
    call.end();
  });
}

export type EngineDoor =
  | { kind: 'socket'; path: string }
  /** Without certificates, so anybody who can connect has access. */
  | { kind: 'tcp'; address: string }
  | { kind: 'protected' };

/** Returns who can access the engine: the users of a socket, everybody, or clients with a certificate or a key. */
export function engineDoor(engine: Config['engine']): EngineDoor {
  if (engine.host?.startsWith('ssh:')) return { kind: 'protected' };
  const { options, isTls } = engineAddress(engine);
  if (options.socketPath) return { kind: 'socket', path: options.socketPath };
  return isTls ? { kind: 'protected' } : { kind: 'tcp', address: `${options.host}:${options.port}` };
}

/** Parses the engine's address like Docker's own client. Throws for ssh, which isn't supported here. */
function engineAddress({ host, certPath, tlsVerify, runtimeDir, home }: Config['engine']): {
  options: RequestOptions & { ca?: Buffer; cert?: Buffer; key?: Buffer };
  isTls: boolean;
} {
  if (host === undefined || host.startsWith('unix://')) {
    const usual = ['/var/run/docker.sock', `${runtimeDir ?? ''}/docker.sock`, `${home ?? ''}/.docker/run/docker.sock`];
    const socketPath =
      host?.slice('unix://'.length) ?? usual.find((path) => existsSync(path)) ?? '/var/run/docker.sock';
    return { options: { socketPath }, isTls: false };
  }
  const { hostname, port, protocol } = new URL(host.includes('//') ? host : `tcp://${host}`);
  if (protocol === 'ssh:') throw new Error(host);
  const isTls = tlsVerify || port === '2376';
  const read = (name: string): Buffer => readFileSync(join(certPath ?? '', name));
  const certificates = isTls &&
    certPath !== undefined && { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
  return { options: { host: hostname, port: port || (isTls ? 2376 : 2375), ...certificates }, isTls };
}
