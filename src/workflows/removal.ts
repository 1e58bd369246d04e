// A service that is unregistered goes whole: what runs, its releases and its logs; its data only when that is asked for.
import { isCancellation, log, sleep } from '@temporalio/workflow';
import type { ReleaseRecord, Retirement } from '../contract/messages.js';
import type { ServiceState } from './service-state.js';
import { modeSteps, undoStepsOn } from './steps.js';
import type { Supervisor } from './supervisor.js';

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 600_000;

/** Returns when nothing of it is left, however long its host is away: until then its name is taken. */
export async function removeService(state: ServiceState, supervisor: Supervisor, asked: Retirement): Promise<void> {
  const { name: service } = state;
  if (state.registration?.kind === 'external') return; // nothing of it is here
  const hostId = state.hostId ?? asked.hostId;
  const steps = undoStepsOn(hostId);
  await supervisor.shutFront('gone');
  await untilDone('stop the app', () => supervisor.standDown());
  await untilDone('stop what is left of it', () => steps.stopStrays({ service, keep: [] }));
  for (const release of state.releases)
    await untilDone('remove a release', () => removeRelease(service, hostId, release));
  await untilDone('remove the rest', () => steps.forgetService({ service, purge: asked.purge }));
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

/** What fails again and again (an engine that is away, a disk that refuses) is tried more and more seldom. */
async function untilDone(what: string, work: () => Promise<unknown>): Promise<void> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      await work();
      return;
    } catch (error) {
      if (isCancellation(error)) throw error;
      log.warn('something of an unregistered service is still left', { what, error });
    }
    await sleep(waitMs);
  }
}
