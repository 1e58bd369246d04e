// Updates to Slipway's own workflows: refused, accepted, or in the dark, which is told apart.
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { ServiceError, WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { HTTP_STATUS, SlipwayError, type ErrorCode } from '../contract/errors.js';
import type { Refused } from '../contract/messages.js';
import { RefusedField } from './errors.js';
import { isUnreachable } from './temporal-calls.js';
import type { TemporalClock } from './temporal-clock.js';

/** How long a workflow may take to answer; later it refuses by itself. */
export const ANSWER_MS = 5_000;
/** After that the update itself may still be on its way to the server. */
const GRACE_MS = 1_000;
/** A worker that was stopped in the middle of a decision may go on with it for so long (`DECISION_TIMEOUT`). */
const LONGEST_DECISION_MS = 4_000;
export const FIRST_RETRY_MS = 20;
/** A workflow that folds is back within a second, mostly: who waited twice as long each time would miss its return. */
const LONGEST_RETRY_MS = 160;
/** A server that was killed is back by then. */
const TOLD_WITHIN_MS = 10_000;
const ASK_AGAIN_MS = 250;
/** gRPC FAILED_PRECONDITION: the task with the update was thrown away, as happens when a signal reaches a closing workflow. */
const TASK_THROWN_AWAY = 9;
/** What Temporal answers with when the workflow ended over an update that it had accepted. */
const ENDED_OVER_IT = 'AcceptedUpdateCompletedWorkflow';

type Refusal = (Refused & { code: ErrorCode }) | 'draining';

export interface UpdateCall<T> {
  /** `answerBy` is for the workflow: epoch ms by Temporal's clock. */
  send: (answerBy: number) => Promise<T>;
  /** No answer is not a no: what stands in Temporal decides. Undefined says that nothing was accepted. */
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
        if (!refused) return await heard(error, afterSilence, leftMs() + LONGEST_DECISION_MS + GRACE_MS);
        if (isTooLate(refused) && leftMs() > 0 && mayReadClock) {
          mayReadClock = false;
          await clock.readAgain(); // somebody has set a clock
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
 * Asked again for as long as nobody says: only an answer tells whether it was accepted. A decision that a worker had
 * begun in time may still come within `decidedWithinMs`.
 */
async function heard<T>(
  cause: unknown,
  afterSilence: UpdateCall<T>['afterSilence'],
  decidedWithinMs: number,
): Promise<T> {
  if (!isUnreachable(cause) && !(cause instanceof WorkflowNotFoundError) && !isEndedOver(cause)) throw cause;
  const undecidedUntil = performance.now() + (isUnreachable(cause) ? decidedWithinMs : 0);
  for (;;) {
    const found = await untilTold(afterSilence);
    if (found) return found.answer;
    if (performance.now() > undecidedUntil) throw new SlipwayError('temporal_unavailable', { cause });
    await delay(ASK_AGAIN_MS);
  }
}

const isTooLate = (refused: Refusal): boolean => refused !== 'draining' && refused.code === 'temporal_unavailable';

/** What Temporal says, once it says anything. Past that time nobody can know. */
export async function untilTold<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
  const deadline = Date.now() + TOLD_WITHIN_MS;
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

/** The workflow's own refusal, as data. `draining`: nothing of it was kept, so asking again is safe. */
function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof ServiceError && (error.cause as { code?: number } | undefined)?.code === TASK_THROWN_AWAY)
    return 'draining';
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) return undefined;
  const { type, details } = error.cause;
  if (type === 'draining') return 'draining';
  if (typeof type !== 'string' || !(type in HTTP_STATUS)) return undefined;
  const told = details?.[0] as Partial<Refused> | undefined;
  return { ...told, code: type as ErrorCode, params: told?.params ?? {} };
}

function refusedError({ code, text, params, path }: Refused & { code: ErrorCode }): SlipwayError {
  if (path !== undefined && text !== undefined) return new RefusedField(path, text, params);
  return new SlipwayError(code, { params, ...(text && { text }) });
}
