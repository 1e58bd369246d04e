// Ends processes without a keeper. The caller decides which processes are its own.
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { SlipwayError } from '../../contract/errors.js';
import { processIds } from './proc.js';

/** The time limit until a killed process is gone. */
const GONE_WITHIN_MS = 5000;
const LOOK_AGAIN_MS = 20;

/** Kills all, repeatedly, because a process may have forked meanwhile. `of` names their owner in the error. */
export async function killLeft(of: string, isOurs: (pid: number) => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < GONE_WITHIN_MS; waitedMs += LOOK_AGAIN_MS) {
    const left = await processesOf(isOurs);
    if (left.length === 0) return;
    for (const pid of left) killIf(pid, isOurs);
    await delay(LOOK_AGAIN_MS);
  }
  throw new SlipwayError('internal', { params: { reason: `processes of ${of} survive SIGKILL` }, retryable: true });
}

/** The number of processes after which the worker does other work, because a host can have any number of processes. */
const AT_ONCE = 500;

async function processesOf(isOurs: (pid: number) => boolean): Promise<number[]> {
  const ours: number[] = [];
  for (const [i, pid] of processIds().entries()) {
    if (i % AT_ONCE === AT_ONCE - 1) await nextTurn();
    if (pid !== process.pid && isOurs(pid)) ours.push(pid);
  }
  return ours;
}

/**
 * Checks again immediately before the kill: the pid may belong to another process by now, for which the check fails.
 */
function killIf(pid: number, isOurs: (pid: number) => boolean): void {
  if (!isOurs(pid)) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
