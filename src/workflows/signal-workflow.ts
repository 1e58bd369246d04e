// Sends signals between workflows.
import { isCancellation, log } from '@temporalio/workflow';

/**
 * Sends a signal to another workflow. It fails only if that workflow has ended, and then the message isn't needed any
 * more.
 */
export async function signalWorkflow(whom: string, signal: () => Promise<void>): Promise<void> {
  try {
    await signal();
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('nobody was there to be told', { whom, error });
  }
}
