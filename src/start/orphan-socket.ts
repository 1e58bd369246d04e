// The listening socket of an API that a killed start left behind. The next start takes a duplicate before it ends that
// API, so the port is not free in between. Connections that arrive meanwhile wait in the socket.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { holding, type HeldSocket, type ListenAddress, type NativeHandle } from './held-socket.js';
import type { ProcessIdentity } from './identity.js';

const TAKE_LISTENER = fileURLToPath(new URL('../keeper/take_listener.py', import.meta.url));
const TAKE_WITHIN_MS = 10_000;

/**
 * `none`: the process has ended, or listens on another address, for example after a change of the port. `refused`: the
 * kernel forbids it (before Linux 5.6, or by Yama's `ptrace_scope`), with the name of the error.
 */
export type Taking = { kind: 'taken'; socket: HeldSocket } | { kind: 'none' } | { kind: 'refused'; reason: string };

/**
 * Takes the socket. `python` runs `take_listener.py`, because Node can't duplicate a descriptor of another process.
 * Node receives the descriptor over IPC.
 */
export async function takeOrphanSocket(
  orphan: ProcessIdentity,
  { address, port }: ListenAddress,
  python: string,
): Promise<Taking> {
  const args = ['-I', '-S', TAKE_LISTENER, String(orphan.pid), orphan.startTicks, address, String(port)];
  const child = spawn(python, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    timeout: TAKE_WITHIN_MS,
  }) as ChildProcessByStdio<null, Readable, Readable>;
  let handle: NativeHandle | undefined;
  child.once('message', (_message, received) => {
    handle = received as unknown as NativeHandle;
  });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, string | null];
  const [printed, problem] = await output;
  if (handle) return { kind: 'taken', socket: holding(handle) };
  if (exitCode === 0) return { kind: 'none' };
  const reason = printed.trim() || problem.trim().split('\n').at(-1) || (signal ?? `exit ${exitCode ?? '?'}`);
  return { kind: 'refused', reason };
}
