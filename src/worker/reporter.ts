// Sends the changes of an instance or an external service. Each is retried until the service accepts it, or until a
// later change replaces it.
import type { Observation } from '../contract/messages.js';
import { Backoff } from '../waiting.js';

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
    const backoff = new Backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS);
    while (unsent && !signal.aborted) {
      const change: Change = unsent;
      if (await isTaken(change)) {
        if (unsent === change) unsent = undefined;
        backoff.reset();
        continue;
      }
      await backoff.passed(signal);
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
