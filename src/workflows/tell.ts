// One workflow's word to another.
import { isCancellation, log } from '@temporalio/workflow';

/** A signal to another workflow only fails when that one has ended: then nobody waits for it any more. */
export async function tell(whom: string, signal: () => Promise<void>): Promise<void> {
  try {
    await signal();
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('nobody was there to be told', { whom, error });
  }
}
