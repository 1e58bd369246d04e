// The activities of a lost host, as another worker answers them: steps fail, and undos succeed.
//
// An undo also runs on this worker's own host. Its data folder may be that of the lost host, under a new id. Where there is
// nothing to undo, it changes nothing.
import { ApplicationFailure } from '@temporalio/common';
import { SlipwayError } from '../contract/errors.js';
import { PING_MS } from './docker/engine-status.js';
import { translateErrors } from './failures.js';
import type { HostActivities } from './index.js';
import type { Ports } from './ports/index.js';
import type { HostSettings } from './settings.js';

/** Before the beat of a lost host is given to a worker again. Its own takes it over within this time when it is back. */
const BEAT_AGAIN = '10 seconds';

export function createStandIn(
  { engine }: Pick<Ports, 'engine'>,
  { modes, language }: Pick<HostSettings, 'modes' | 'language'>,
  own: HostActivities,
) {
  return (lostHost: string): HostActivities => {
    const lost = (): Promise<never> => Promise.reject(new SlipwayError('host_lost', { params: { host: lostHost } }));
    const done = (): Promise<void> => Promise.resolve();
    const standIn: HostActivities = {
      prepareRelease: lost,
      checkDocker: lost,
      checkUv: lost,
      checkFallback: lost,
      buildImage: lost,
      installWithUv: lost,
      installWithPip: lost,
      configureRelease: lost,
      configureContainer: lost,
      checkIsolation: lost,
      checkStartable: lost,
      startInstance: lost,
      awaitHealthy: lost,
      cleanHost: lost,
      beatHost: () =>
        Promise.reject(ApplicationFailure.create({ message: `${lostHost} is lost`, nextRetryDelay: BEAT_AGAIN })),
      drainInstance: done,
      async stopInstance(input) {
        if (input.mode !== 'docker' || (await hasEngine())) return own.stopInstance(input);
        return { instanceId: input.instanceId, alive: false, logTail: [] };
      },
      stopStrays: (input) => own.stopStrays(input),
      forgetService: (input) => own.forgetService(input),
      routeService: (input) => own.routeService(input),
      discardRelease: (input) => own.discardRelease(input),
      discardEnvironment: (input) => own.discardEnvironment(input),
      async discardImage(input) {
        if (await hasEngine()) await own.discardImage(input);
      },
    };
    return translateErrors(standIn, language);
  };

  /** An engine that is away, or that there is none of, is not waited for: what is in it is not the lost host's. */
  async function hasEngine(): Promise<boolean> {
    return modes.includes('docker') && (await engine.status(PING_MS)).state === 'up';
  }
}
