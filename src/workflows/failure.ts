// Returns the error record of a failed activity, or creates one from its cause.
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import { errorRecord, type ErrorRecord } from '../contract/errors.js';

export function errorOf(error: unknown): ErrorRecord {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const [record] = (cause.details ?? []) as [ErrorRecord?];
    if (record && typeof record.code === 'string') return record;
  }
  // The activity was retried until its attempts or its time were over, because its worker was lost repeatedly.
  if (cause instanceof TimeoutFailure) return errorRecord('host_lost', { params: { host: 'worker' } });
  return errorRecord('internal', { params: { reason: cause instanceof Error ? cause.message : String(cause) } });
}
