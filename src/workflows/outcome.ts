// How an attempt, and with it the deployment, can end.
import type { ErrorRecord } from '../contract/errors.js';

export type Outcome =
  | { kind: 'completed'; changed: boolean; release?: string; url?: string }
  | { kind: 'failed'; error: ErrorRecord }
  /** The mode cannot run this project, or its host lacks what it takes. */
  | { kind: 'skipped'; error: ErrorRecord }
  | { kind: 'cancelled'; error: ErrorRecord };

/** Wrong in every mode: the next one would only fail the same way. */
const WRONG_IN_EVERY_MODE = new Set([
  'invalid',
  'source_unreachable',
  'source_invalid',
  'no_python_project',
  'no_entry_point',
  'lock_outdated', // pip would ignore the lock that prod insists on
  'deployment_timeout',
]);

/** Whether the next mode is tried: never after a bad request, a cancellation, or the deployment's own timeout. */
export function fallsThrough(outcome: Outcome): boolean {
  if (outcome.kind === 'skipped') return true;
  return outcome.kind === 'failed' && !WRONG_IN_EVERY_MODE.has(outcome.error.code);
}
