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

type Change = Exclude<Observation, { kind: 'dependencies' }>;

export interface Reporter {
  /** Replaces a change that has not been sent yet, because only the latest state counts. */
  report(observation: Change): void;
}

/** Creates a reporter, which stops only when `signal` fires. */
export function createReporter(service: string, report: Report, log: WatcherLog, signal: AbortSignal): Reporter {
  let unsent: Change | undefined;
  let isSending = false;

  async function sendAll(): Promise<void> {
    isSending = true;
    for (let waitMs = FIRST_WAIT_MS; unsent && !signal.aborted;) {
      const change: Change = unsent;
      if (await isTaken(change)) {
        if (unsent === change) unsent = undefined;
        waitMs = FIRST_WAIT_MS;
        continue;
      }
      await delay(waitMs, undefined, { signal }).catch(() => undefined); // only a stop ends it early
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    }
    isSending = false; // in the same turn as the last check of `unsent`
  }

  async function isTaken(observation: Change): Promise<boolean> {
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
    report(observation) {
      if (unsent?.kind === 'exited') return; // nothing follows an exit
      unsent = observation;
      if (!isSending) void sendAll(); // never rejects: a failed report is logged and retried
    },
  };
}
