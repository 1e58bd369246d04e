// The API's listening socket, held by the start and inherited by each API process. The port is never free while Slipway
// runs, so no other user of the host can take it. Connections that arrive while the API is started again wait in it.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { lookup } from 'node:dns/promises';
import net from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { getSystemErrorName } from 'node:util';
import { SlipwayError } from '../contract/errors.js';
import { messageOf } from '../contract/texts.js';

const LISTEN = fileURLToPath(new URL('../keeper/listen.py', import.meta.url));
/** The number of connections that may wait. Node uses the same number. The kernel lowers it to net.core.somaxconn. */
const BACKLOG = 511;
const LISTEN_WITHIN_MS = 10_000;
const ASK_MS = 1_000;
const TAKEN = 'EADDRINUSE';

export interface ListenAddress {
  /** The host as in the setting. */
  host: string;
  /** The IP address of the host. */
  address: string;
  family: 4 | 6;
  port: number;
}

export interface HeldSocket {
  /** A descriptor of this process. A child process inherits a duplicate. */
  fd: number;
  close(): void;
}

/** A socket of Node's own modules that reads nothing and accepts no connections; @types/node does not have it. */
export interface NativeHandle {
  fd: number;
  close(): void;
}

/** The function of Node's own modules that opens such a socket. */
interface SocketOpener {
  _createServerHandle(address: string, port: number, family: 4 | 6): NativeHandle | number;
}

/** Resolves the host of the setting. Throws `start_failed` for a host without an address. */
export async function resolveListenAddress(host: string, port: number): Promise<ListenAddress> {
  const { address, family } = await lookup(host).catch((error: unknown) => {
    throw refusal({ host, port }, codeOf(error), error);
  });
  return { host, address, family: family === 6 ? 6 : 4, port };
}

/**
 * Opens the listening socket. `python` runs `listen.py`. Throws `start_failed` if the port is taken or can't be bound.
 */
export async function holdSocket(at: ListenAddress, python: string): Promise<HeldSocket> {
  const handle = (net as unknown as SocketOpener)._createServerHandle(at.address, at.port, at.family);
  if (typeof handle === 'number') throw refusal(at, getSystemErrorName(handle));
  const failure = await listen(python, handle.fd, at);
  if (failure !== undefined) {
    handle.close();
    if (failure === TAKEN && (await isSlipway(at)))
      throw new SlipwayError('start_failed', { text: 'start_failed.port_of_slipway', params: at });
    throw refusal(at, failure);
  }
  return holding(handle);
}

export function holding(handle: NativeHandle): HeldSocket {
  return {
    fd: handle.fd,
    close: () => {
      handle.close();
    },
  };
}

/** Resolves with the name of the error if the socket can't listen. */
async function listen(python: string, fd: number, { address, port }: ListenAddress): Promise<string | undefined> {
  const child = spawn(python, ['-I', '-S', LISTEN, address, String(port), String(BACKLOG)], {
    stdio: ['ignore', 'pipe', 'pipe', fd],
    timeout: LISTEN_WITHIN_MS,
  }) as ChildProcessByStdio<null, Readable, Readable>;
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  const [printed, problem] = await output;
  return exitCode === 0 ? undefined : printed.trim() || problem.trim() || `exit ${exitCode ?? '?'}`;
}

function refusal({ host, port }: Pick<ListenAddress, 'host' | 'port'>, reason: string, cause?: unknown): SlipwayError {
  return new SlipwayError('start_failed', { ...messageOf(textOf(reason), { host, port, reason }), cause });
}

/** Returns true if a Slipway answers there, whose data folder may belong to another user. */
async function isSlipway({ address, port }: ListenAddress): Promise<boolean> {
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}/api/health`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) });
    const { type } = (await answer.json()) as { type?: unknown };
    return String(type).startsWith('urn:slipway:');
  } catch {
    return false; // another program
  }
}

const textOf = (reason: string) => (reason === TAKEN ? 'start_failed.port' : 'start_failed.address');

const codeOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));
