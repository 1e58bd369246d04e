// Removes an unregistered service completely: its app, its releases and its logs. Data is removed only on request.
import { isCancellation, log, sleep } from '@temporalio/workflow';
import type { ReleaseRecord, Retirement } from '../contract/messages.js';
import type { ServiceState } from './service-state.js';
import { modeSteps, undoStepsOn } from './steps.js';
import type { Supervisor } from './supervisor.js';

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 600_000;

/** Returns when everything is removed, however long the host is away. Until then the name isn't free. */
export async function removeService(
  state: ServiceState,
  supervisor: Supervisor,
  retirement: Retirement,
): Promise<void> {
  const { name: service } = state;
  if (state.registration?.kind === 'external') return; // nothing of it is on a host
  const hostId = state.hostId ?? retirement.hostId;
  const steps = undoStepsOn(hostId);
  await supervisor.shutFront('gone');
  const discarding = retirement.purge ? { discardsData: true } : {};
  await untilDone('stop the app', () => supervisor.standDown(discarding));
  await untilDone('stop what is left of it', () => steps.stopStrays({ service, keep: [], ...discarding }));
  for (const release of state.releases)
    await untilDone('remove a release', () => removeRelease(service, hostId, release));
  await untilDone('remove the rest', () => steps.forgetService({ service, purge: retirement.purge }));
}

/**
 * Removes a release beyond those that are kept, or of an unregistered service. Environments may be shared, so the daily
 * clean-up removes them.
 */
export async function removeRelease(
  service: string,
  hostId: string,
  { release, spec: { mode, environmentKey } }: ReleaseRecord,
): Promise<void> {
  await undoStepsOn(hostId).discardRelease({ deploymentId: release, service, attempt: 1, mode });
  if (mode !== 'docker') return;
  await modeSteps(hostId, mode).discard({ service, environmentKey, deploymentId: release });
}

/** Retries until it succeeds, with growing waits. The engine may be away, or the disk may refuse. */
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
