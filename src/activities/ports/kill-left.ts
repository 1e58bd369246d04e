// Ends processes that nobody keeps any more. What proves one to be ours is the caller's to say.
import { setTimeout as delay } from 'node:timers/promises';
import { SlipwayError } from '../../contract/errors.js';
import { processIds } from './proc.js';

/** A killed process may take a moment to go. */
const GONE_WITHIN_MS = 5000;
const LOOK_AGAIN_MS = 20;

/** Repeated until none is left: what is killed may have forked meanwhile. `of` names their owner in the error. */
export async function killLeft(of: string, isOurs: (pid: number) => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < GONE_WITHIN_MS; waitedMs += LOOK_AGAIN_MS) {
    const left = processIds().filter((pid) => pid !== process.pid && isOurs(pid));
    if (left.length === 0) return;
    for (const pid of left) killIf(pid, isOurs);
    await delay(LOOK_AGAIN_MS);
  }
  throw new SlipwayError('internal', { params: { reason: `processes of ${of} survive SIGKILL` }, retryable: true });
}

/** Looks again right before: the pid may have passed to a stranger, for whom the proof never holds. */
function killIf(pid: number, isOurs: (pid: number) => boolean): void {
  if (!isOurs(pid)) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
