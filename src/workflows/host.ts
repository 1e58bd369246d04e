// The host workflow: a heartbeating activity whose last beat describes the host, and a daily clean-up beside it.
import { isCancellation, log } from '@temporalio/workflow';
import { startNextRun } from './continue-as-new.js';
import { hostBeat, undoStepsOn } from './steps.js';

export interface HostInput {
  hostId: string;
  /**
   * True after the first day: the day then starts with a clean-up. The first day has none. A new Temporal, or a wrong
   * one by mistake, lists no services, so the host would remove everything.
   */
  cleans?: boolean;
}

export async function host({ hostId, cleans = false }: HostInput): Promise<never> {
  try {
    // Both run in parallel, because a host without beats counts as dead.
    // The beat returns after a day.
    await Promise.all([hostBeat(hostId).beatHost({ hostId }), cleans && cleanUp(hostId)]);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.error('a day of this host ended badly', { error });
  }
  return startNextRun<typeof host>({ hostId, cleans: true });
}

/** Runs the clean-up. A failed part is retried the next day. */
async function cleanUp(hostId: string): Promise<void> {
  try {
    await undoStepsOn(hostId).cleanHost();
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.error('the clean-up of this host failed', { error });
  }
}
