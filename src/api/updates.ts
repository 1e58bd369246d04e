// Sends updates to Slipway's workflows, and distinguishes rejected, accepted and unanswered updates.
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { ServiceError, WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { HTTP_STATUS, SlipwayError, type ErrorCode } from '../contract/errors.js';
import { storedMessage } from '../contract/texts.js';
import type { Refused } from '../contract/messages.js';
import { RefusedField } from './errors.js';
import { isUnreachable } from './temporal-calls.js';
import type { TemporalClock } from './temporal-clock.js';

/** The time for a workflow to answer. After that, the workflow rejects the update itself. */
export const ANSWER_MS = 5_000;
/** The extra time for an update that is still being delivered. */
const GRACE_MS = 1_000;
/** The longest time that a stopped worker may need to finish its current workflow task (`DECISION_TIMEOUT`). */
const LONGEST_DECISION_MS = 4_000;
export const FIRST_RETRY_MS = 20;
/**
 * The longest wait between retries. A workflow usually continues as new within a second, and longer waits would miss
 * the moment at which it is available again.
 */
const LONGEST_RETRY_MS = 160;
/** The time for a killed server to restart. */
const REACHABLE_WITHIN_MS = 10_000;
const ASK_AGAIN_MS = 250;
/**
 * gRPC FAILED_PRECONDITION: the workflow task with the update was discarded, for example because a signal reached a
 * closing workflow.
 */
const TASK_THROWN_AWAY = 9;
/** Temporal's error if the workflow ended during an update that it had accepted. */
const ENDED_OVER_IT = 'AcceptedUpdateCompletedWorkflow';

type Refusal = (Refused & { code: ErrorCode }) | 'draining';

export interface UpdateCall<T> {
  /** `answerBy` is the deadline for the workflow, in epoch ms by Temporal's clock. */
  send: (answerBy: number) => Promise<T>;
  /** Determines from Temporal's state whether an unanswered update was accepted. Undefined: nothing was accepted. */
  afterSilence: () => Promise<{ answer: T } | undefined>;
}

export function createUpdates({ connection }: Pick<Client, 'connection'>, clock: TemporalClock) {
  return async function update<T>({ send, afterSilence }: UpdateCall<T>): Promise<T> {
    let shownMs = await clock.now();
    const startedMs = performance.now();
    const leftMs = (): number => startedMs + ANSWER_MS - performance.now();
    let mayReadClock = true;
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_RETRY_MS)) {
      try {
        const answerBy = shownMs + ANSWER_MS;
        return await connection.withDeadline(Date.now() + leftMs() + GRACE_MS, () => send(answerBy));
      } catch (error) {
        const refused = refusalOf(error);
        if (!refused) return await awaitOutcome(error, afterSilence, leftMs() + LONGEST_DECISION_MS + GRACE_MS);
        if (isTooLate(refused) && leftMs() > 0 && mayReadClock) {
          mayReadClock = false;
          await clock.readAgain(); // a clock was changed
          shownMs = (await clock.now()) - (ANSWER_MS - leftMs());
          continue;
        }
        if (refused !== 'draining') throw refusedError(refused);
        if (waitMs > leftMs()) throw new SlipwayError('temporal_unavailable', { cause: error });
        await delay(waitMs * (0.5 + Math.random() / 2));
      }
    }
  };
}

/**
 * Repeats `afterSilence` until the outcome is known. A workflow task that a worker had begun in time may still complete
 * within `decidedWithinMs`.
 */
async function awaitOutcome<T>(
  cause: unknown,
  afterSilence: UpdateCall<T>['afterSilence'],
  decidedWithinMs: number,
): Promise<T> {
  if (!isUnreachable(cause) && !(cause instanceof WorkflowNotFoundError) && !isEndedOver(cause)) throw cause;
  const undecidedUntil = performance.now() + (isUnreachable(cause) ? decidedWithinMs : 0);
  for (;;) {
    const outcome = await retryUntilReachable(afterSilence);
    if (outcome) return outcome.answer;
    if (performance.now() > undecidedUntil) throw new SlipwayError('temporal_unavailable', { cause });
    await delay(ASK_AGAIN_MS);
  }
}

const isTooLate = (refused: Refusal): boolean => refused !== 'draining' && refused.code === 'temporal_unavailable';

/**
 * Repeats a read until Temporal answers. Returns undefined after the time limit, because the outcome is then unknown.
 */
export async function retryUntilReachable<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
  const deadline = Date.now() + REACHABLE_WITHIN_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code !== 'temporal_unavailable') throw error;
      if (Date.now() > deadline) return undefined;
      await delay(ASK_AGAIN_MS);
    }
  }
}

const isEndedOver = (error: unknown): boolean =>
  error instanceof WorkflowUpdateFailedError &&
  error.cause instanceof ApplicationFailure &&
  error.cause.type === ENDED_OVER_IT;

/** Returns the workflow's own error as data. `draining`: nothing was stored, so a retry is safe. */
function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof ServiceError && (error.cause as { code?: number } | undefined)?.code === TASK_THROWN_AWAY)
    return 'draining';
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) return undefined;
  const { type, details } = error.cause;
  if (type === 'draining') return 'draining';
  if (typeof type !== 'string' || !(type in HTTP_STATUS)) return undefined;
  const facts = details?.[0] as Partial<Refused> | undefined;
  return { ...facts, code: type as ErrorCode, params: facts?.params ?? {} };
}

function refusedError({ code, text, params, path }: Refused & { code: ErrorCode }): SlipwayError {
  if (path !== undefined && text !== undefined) return new RefusedField(path, storedMessage({ text, params }));
  return new SlipwayError(code, storedMessage({ text: text ?? code, params }));
}
