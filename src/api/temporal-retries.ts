// When a call that Temporal turned away is sent again.
import { status as codes, type Interceptor, type StatusObject } from '@grpc/grpc-js';
import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import proto from '@temporalio/proto';

const { ResourceExhaustedFailure } = proto.temporal.api.errordetails.v1;
const { RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW: BUSY_WORKFLOW } = proto.temporal.api.enums.v1.ResourceExhaustedCause;

/** A workflow that folds takes no calls for some tens of milliseconds. */
const AFTER_FOLD_MS = 30;
/** In all longer than a caller waits. */
const MOST_ATTEMPTS = 250;

/**
 * Temporal says `RESOURCE_EXHAUSTED` when it has too much to do, and also when one workflow is closing. Its client waits
 * 1.7 s and then 2.9 s in both cases: so long that a caller whom a fold turned away twice got no answer in time.
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

/** One workflow is closing or locked; the server as a whole is well. */
function isWorkflowBusy({ code, metadata }: StatusObject): boolean {
  if (code !== codes.RESOURCE_EXHAUSTED) return false;
  const [told] = metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(told)) return false;
  return proto.google.rpc.Status.decode(told).details.some(
    ({ type_url: type, value }) =>
      type?.endsWith('.ResourceExhaustedFailure') &&
      value &&
      ResourceExhaustedFailure.decode(value).cause === BUSY_WORKFLOW,
  );
}
