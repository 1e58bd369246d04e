// Reads facts about this host: programs, ports, engines. Doesn't evaluate them.
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import type { Config } from '../config.js';
import { engineAddress, engineOptions } from '../engine-address.js';
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
  return (await (await connectEngine(engine)).version()).Version;
}

/** Returns the host user that root in a container is mapped to. */
export async function engineRoot(engine: Config['engine']): Promise<RootOnHost> {
  const { SecurityOptions: options } = (await (await connectEngine(engine)).info()) as {
    SecurityOptions?: string[] | null;
  };
  return rootOnHost(options ?? []);
}

/** Loads the client only for the commands that need it. */
async function connectEngine(engine: Config['engine']): Promise<Docker> {
  const { default: Client } = await import('dockerode');
  return new Client({ ...engineOptions(engine), timeout: ANSWER_MS });
}

export type EngineDoor =
  | { kind: 'socket'; path: string }
  /** Without certificates, so anybody who can connect has access. */
  | { kind: 'tcp'; address: string }
  | { kind: 'protected' };

/** Returns who can access the engine: the users of a socket, everybody, or clients with a certificate or a key. */
export function engineDoor(engine: Config['engine']): EngineDoor {
  const { socketPath, protocol, host, port } = engineAddress(engine);
  if (socketPath !== undefined) return { kind: 'socket', path: socketPath };
  return protocol === 'http' ? { kind: 'tcp', address: `${host}:${port}` } : { kind: 'protected' };
}
