// Starts a program of Slipway's own in a process with limits, so that nothing it is given can take the worker with it.
import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { cpuSecondsOf } from '../proc.js';
import type { ProcessUser } from '../process-user.js';

export interface LimitedProgram {
  /** Real interpreter that sets the limits: `keeper/limited.py`. */
  python: string;
  launcher: string;
  /** Absolute path of the program, and what Node is told before it. */
  script: string;
  nodeOptions?: readonly string[];
  /** As whom the child runs, instead of as Slipway's own user. */
  user?: ProcessUser;
}

export interface ProcessLimits {
  cpuSeconds: number;
  /** JavaScript objects. */
  heapMib: number;
  /** All private memory: the heap, Node's own, and the stacks of its threads. */
  dataMib: number;
  /** Node itself opens some twenty. */
  openFiles: number;
  /** The largest file that it may write; without it there is no such limit. */
  fileBytes?: number;
}

const MIB = 1024 ** 2;
/** V8 writes a stack of some 2,000 characters behind the line that names the cause. */
export const LAST_WORDS_CHARACTERS = 8_000;
export const LOOK_AT_CPU_MS = 100;
/** How much later the kernel ends a child that its worker could not look at. */
const KERNEL_LATER_SECONDS = 2;
/**
 * SIGUSR1 makes Node listen for a debugger, through which every user of the host could then run code in the child. It can't
 * be switched off in Node 20, so Node gets an address that no host has: 240.0.0.0/4 is reserved (RFC 1112, section 4).
 */
const NO_DEBUGGER = '--inspect-port=240.0.0.1:9229';

/** The child ends with this process. It gets no variables, and the arguments are seen by every user of the host. */
export function startLimited(
  { python, launcher, script, nodeOptions = [], user }: LimitedProgram,
  { cpuSeconds, heapMib, dataMib, openFiles, fileBytes }: ProcessLimits,
  args: readonly string[] = [],
): ChildProcessWithoutNullStreams {
  const node = [process.execPath, `--max-old-space-size=${heapMib}`, '--no-addons', NO_DEBUGGER];
  const order = {
    argv: [...node, ...nodeOptions, script, ...args],
    env: { LANG: 'C.UTF-8' },
    limits: { cpuSeconds: cpuSeconds + KERNEL_LATER_SECONDS, dataBytes: dataMib * MIB, openFiles, fileBytes },
    user,
  };
  return spawn(python, ['-I', '-S', launcher, JSON.stringify(order)], {
    cwd: '/',
    env: {},
    detached: true, // a terminal's Ctrl-C is the worker's to judge
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** By what Linux counts, not by what the child says of itself. */
export function usesTooMuchCpu(
  { pid, exitCode, signalCode }: ChildProcess,
  { cpuSeconds }: Pick<ProcessLimits, 'cpuSeconds'>,
): boolean {
  if (pid === undefined || exitCode !== null || signalCode !== null) return false; // another may have its pid by now
  return (cpuSecondsOf(pid) ?? 0) >= cpuSeconds;
}
