// Starts one of Slipway's own programs in a process with limits, so that no input can end the worker.
import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { ownCodeBytes, statOf } from '../proc.js';
import type { ProcessUser } from '../process-user.js';

export interface LimitedProgram {
  /** The interpreter, without links, that runs `keeper/limited.py`, which sets the limits. */
  python: string;
  launcher: string;
  /** The absolute path of the program, and Node's own options. */
  script: string;
  nodeOptions?: readonly string[];
  /** The user of the child, instead of Slipway's own user. */
  user?: ProcessUser;
}

export interface ProcessLimits {
  cpuSeconds: number;
  /** The limit of JavaScript objects. */
  heapMib: number;
  /** The limit of all private memory: the heap, Node's own memory, and the stacks of its threads. */
  dataMib: number;
  /** The limit of open files. Node itself opens about twenty. */
  openFiles: number;
  /** The size of the largest file that the program can write. Without it, there is no limit. */
  fileBytes?: number;
}

const MIB = 1024 ** 2;
/** V8 writes a stack of about 2,000 characters after the line that names the cause. */
export const LAST_WORDS_CHARACTERS = 8_000;
export const LOOK_AT_CPU_MS = 100;
/** The delay after which the kernel ends a child that its worker couldn't check. */
const KERNEL_LATER_SECONDS = 2;
/**
 * SIGUSR1 makes Node listen for a debugger, through which every user of the host could then run code in the child. It can't
 * be switched off in Node 20, so Node gets an address that no host has: 240.0.0.0/4 is reserved (RFC 1112, section 4).
 */
const NO_DEBUGGER = '--inspect-port=240.0.0.1:9229';

/** Starts the program. It ends with this process and gets no variables. All users of the host can see its arguments. */
export function startLimited(
  { python, launcher, script, nodeOptions = [], user }: LimitedProgram,
  { cpuSeconds, heapMib, dataMib, openFiles, fileBytes }: ProcessLimits,
  args: readonly string[] = [],
): ChildProcessWithoutNullStreams {
  const node = [process.execPath, `--max-old-space-size=${heapMib}`, '--no-addons', NO_DEBUGGER];
  const order = {
    argv: [...node, ...nodeOptions, script, ...args],
    env: { LANG: 'C.UTF-8' },
    limits: {
      cpuSeconds: cpuSeconds + KERNEL_LATER_SECONDS,
      dataBytes: dataMib * MIB + ownCodeBytes(), // this process runs the same Node
      openFiles,
      fileBytes,
    },
    user,
  };
  return spawn(python, ['-I', '-S', launcher, JSON.stringify(order)], {
    cwd: '/',
    env: {},
    detached: true, // a terminal's Ctrl-C goes to the worker only
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Returns true if the child has used its CPU time, as counted by Linux. */
export function usesTooMuchCpu(
  { pid, exitCode, signalCode }: ChildProcess,
  { cpuSeconds }: Pick<ProcessLimits, 'cpuSeconds'>,
): boolean {
  // After its end, another process may have this pid.
  if (pid === undefined || exitCode !== null || signalCode !== null) return false;
  return (statOf(pid)?.cpuSeconds ?? 0) >= cpuSeconds;
}
