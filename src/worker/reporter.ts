// Sends the changes of an instance or an external service. Each is retried until the service accepts it, or until a
// later change replaces it.
import { setTimeout as delay } from 'node:timers/promises';
import type { Observation } from '../contract/messages.js';

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;

export type Report = (service: string, observation: Observation) => Promise<'accepted' | 'unknown'>;

export interface WatcherLog {
  warn(facts: object, message: string): void;
}

type Told = Exclude<Observation, { kind: 'dependencies' }>;

export interface Reporter {
  /** Replaces a change that has not been sent yet, because only the latest state counts. */
  tell(observation: Told): void;
}

/** Creates a reporter, which stops only when `signal` fires. */
export function createReporter(service: string, report: Report, log: WatcherLog, signal: AbortSignal): Reporter {
  let untold: Told | undefined;
  let isTelling = false;

  async function tellAll(): Promise<void> {
    isTelling = true;
    for (let waitMs = FIRST_WAIT_MS; untold && !signal.aborted;) {
      const telling: Told = untold;
      if (await isTaken(telling)) {
        if (untold === telling) untold = undefined;
        waitMs = FIRST_WAIT_MS;
        continue;
      }
      await delay(waitMs, undefined, { signal }).catch(() => undefined); // only a stop ends it early
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    }
    isTelling = false; // in the same turn as the last check of `untold`
  }

  async function isTaken(observation: Told): Promise<boolean> {
    const { kind } = observation;
    const of = kind === 'outside' ? observation.healthUrl : observation.instanceId;
    try {
      const answer = await report(service, observation);
      if (answer === 'unknown') log.warn({ service, of, kind }, 'nobody knows this instance');
      return true;
    } catch (error) {
      log.warn({ service, of, kind, err: error }, 'a change could not be told yet');
      return false;
    }
  }

  return {
    tell(observation) {
      if (untold?.kind === 'exited') return; // nothing follows an exit
      untold = observation;
      if (!isTelling) void tellAll(); // never rejects: a failed report is logged and retried
    },
  };
}
