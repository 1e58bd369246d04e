// Configures when calls that Temporal rejected are retried.
import { status as codes, type Interceptor, type StatusObject } from '@grpc/grpc-js';
import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import proto from '@temporalio/proto';

const { ResourceExhaustedFailure } = proto.temporal.api.errordetails.v1;
const { RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW: BUSY_WORKFLOW } = proto.temporal.api.enums.v1.ResourceExhaustedCause;

/** The wait while a workflow continues as new, during which it accepts no calls for some tens of milliseconds. */
const AFTER_FOLD_MS = 30;
/** Enough retries to cover more than a caller's longest wait. */
const MOST_ATTEMPTS = 250;

/**
 * Returns the retry interceptor. Temporal returns `RESOURCE_EXHAUSTED` when it is overloaded, and also when one
 * workflow is closing. The default client waits 1.7 s and then 2.9 s in both cases. After both waits, the caller's
 * deadline would be over.
 */
export function temporalRetries(): Interceptor {
  const usual = defaultGrpcRetryOptions();
  return makeGrpcRetryInterceptor({
    delayFunction: (attempt, status) =>
      isWorkflowBusy(status) ? AFTER_FOLD_MS * (0.5 + Math.random()) : usual.delayFunction(attempt, status),
    retryableDecider: (attempt, status) =>
      isWorkflowBusy(status) ? attempt < MOST_ATTEMPTS : usual.retryableDecider(attempt, status),
  });
}

/** Returns true if only one workflow is closing or locked, and the server itself isn't overloaded. */
function isWorkflowBusy({ code, metadata }: StatusObject): boolean {
  if (code !== codes.RESOURCE_EXHAUSTED) return false;
  const [statusDetails] = metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(statusDetails)) return false;
  return proto.google.rpc.Status.decode(statusDetails).details.some(
    ({ type_url: type, value }) =>
      type?.endsWith('.ResourceExhaustedFailure') &&
      value &&
      ResourceExhaustedFailure.decode(value).cause === BUSY_WORKFLOW,
  );
}
