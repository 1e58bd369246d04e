// One host: a heartbeating activity whose last beat tells what the host can do, and a daily clean-up.
import { continueAsNew, isCancellation, log } from '@temporalio/workflow';
import { hostBeat, undoStepsOn } from './steps.js';

export interface HostInput {
  hostId: string;
}

export async function host({ hostId }: HostInput): Promise<never> {
  try {
    await hostBeat(hostId).beatHost({ hostId }); // returns after a day
    await undoStepsOn(hostId).cleanHost();
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.error('a day of this host ended badly', { error });
  }
  return continueAsNew<typeof host>({ hostId });
}
