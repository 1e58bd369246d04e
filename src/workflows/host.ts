// One host: a heartbeating activity whose last beat tells what the host can do, and a daily clean-up beside it.
import { isCancellation, log } from '@temporalio/workflow';
import { fold } from './fold.js';
import { hostBeat, undoStepsOn } from './steps.js';

export interface HostInput {
  hostId: string;
  /**
   * A day has passed: it begins with a clean-up. A host's first day does not, as a Temporal that was begun anew (or is
   * another one by mistake) would have the host remove all that it doesn't know.
   */
  cleans?: boolean;
}

export async function host({ hostId, cleans = false }: HostInput): Promise<never> {
  try {
    // Beside each other: a host that does not beat is taken for a dead one.
    await Promise.all([hostBeat(hostId).beatHost({ hostId }), cleans && cleanUp(hostId)]); // the beat returns after a day
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.error('a day of this host ended badly', { error });
  }
  return fold<typeof host>({ hostId, cleans: true });
}

/** What fails is left for the next day. */
async function cleanUp(hostId: string): Promise<void> {
  try {
    await undoStepsOn(hostId).cleanHost();
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.error('the clean-up of this host failed', { error });
  }
}
