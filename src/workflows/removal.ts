// A service that is unregistered goes whole: what runs, its releases and its logs; its data only when that is asked for.
import { CancellationScope, log } from '@temporalio/workflow';
import type { ReleaseRecord } from '../contract/messages.js';
import type { ServiceState } from './service-state.js';
import { modeSteps, undoStepsOn } from './steps.js';
import type { Supervisor } from './supervisor.js';

/** What a dead host keeps is found by that host's own clean-up. */
const LONGEST_REMOVAL = '60 seconds';

export async function removeService(state: ServiceState, supervisor: Supervisor, purge: boolean): Promise<void> {
  const { name: service, hostId } = state;
  if (hostId === null) return;
  const steps = undoStepsOn(hostId);
  await bounded('stop the app', () => supervisor.standDown());
  await bounded('stop what is left of it', () => steps.stopStrays({ service, keep: [] }));
  for (const release of state.releases)
    await bounded('remove a release', () => removeRelease(service, hostId, release));
  await bounded('remove the rest', () => steps.forgetService({ service, purge }));
}

/** Beyond those that are kept, or of a service that goes. Environments may be shared: the daily round sees to them. */
export async function removeRelease(
  service: string,
  hostId: string,
  { release, spec: { mode, environmentKey } }: ReleaseRecord,
): Promise<void> {
  await undoStepsOn(hostId).discardRelease({ deploymentId: release, service, attempt: 1, mode });
  if (mode !== 'docker') return;
  await modeSteps(hostId, mode).discard({ service, environmentKey, deploymentId: release });
}

async function bounded(what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await CancellationScope.withTimeout(LONGEST_REMOVAL, work);
  } catch (error) {
    log.error('something of an unregistered service may be left', { what, error });
  }
}
