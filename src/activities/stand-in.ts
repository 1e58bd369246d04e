// The activities of a lost host, when another worker answers them: steps fail, and undos succeed.
//
// An undo also runs on this worker's own host, whose data folder may be that of the lost host, under a new id. If there
// is nothing to undo, it changes nothing.
import { ApplicationFailure } from '@temporalio/common';
import { SlipwayError } from '../contract/errors.js';
import { PING_MS } from './docker/engine-status.js';
import { translateErrors } from './failures.js';
import type { HostActivities } from './index.js';
import type { Ports } from './ports/index.js';
import type { HostSettings } from './settings.js';

/**
 * The delay before the beat of a lost host is retried. The host's own worker takes it over within this time when it is
 * back.
 */
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

  /**
   * Returns true if the engine is available. This doesn't wait for an engine, because it has nothing of the lost host.
   */
  async function hasEngine(): Promise<boolean> {
    return modes.includes('docker') && (await engine.status(PING_MS)).state === 'up';
  }
}
