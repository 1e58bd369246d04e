// Updates to Slipway's own workflows: refused, accepted, or in the dark, which is told apart.
import { setTimeout as delay } from 'node:timers/promises';
import { ServiceError, WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { HTTP_STATUS, SlipwayError, type ErrorCode } from '../contract/errors.js';
import type { Refused } from '../contract/messages.js';
import { RefusedField } from './errors.js';
import { isUnreachable } from './temporal-calls.js';

/** How long a workflow may take to answer; later it refuses by itself. */
export const ANSWER_MS = 5_000;
/** After that the update itself may still be on its way to the server. */
const GRACE_MS = 1_000;
export const FIRST_RETRY_MS = 20;
/** A server that was killed is back by then. */
const TOLD_WITHIN_MS = 10_000;
const ASK_AGAIN_MS = 250;
/** gRPC FAILED_PRECONDITION: the task with the update was thrown away, as happens when a signal reaches a closing workflow. */
const TASK_THROWN_AWAY = 9;
/** What Temporal answers with when the workflow ended over an update that it had accepted. */
const ENDED_OVER_IT = 'AcceptedUpdateCompletedWorkflow';

export interface UpdateCall<T> {
  send: () => Promise<T>;
  /** Epoch ms, as the workflow was told it. */
  answerBy: number;
  /** No answer is not a no: what stands in Temporal decides. Undefined says that nothing was accepted. */
  afterSilence: () => Promise<{ answer: T } | undefined>;
}

export function createUpdates({ connection }: Pick<Client, 'connection'>) {
  return async function update<T>({ send, answerBy, afterSilence }: UpdateCall<T>): Promise<T> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs *= 2) {
      try {
        return await connection.withDeadline(answerBy + GRACE_MS, send);
      } catch (error) {
        const refused = refusalOf(error);
        if (refused && refused !== 'draining') throw refusedError(refused);
        if (!refused) return await heard(error, afterSilence);
        if (Date.now() + waitMs > answerBy) throw new SlipwayError('temporal_unavailable', { cause: error });
        await delay(waitMs * (0.5 + Math.random() / 2));
      }
    }
  };
}

/** Asked again for as long as nobody says: only an answer tells whether it was accepted. */
async function heard<T>(cause: unknown, afterSilence: UpdateCall<T>['afterSilence']): Promise<T> {
  if (!isUnreachable(cause) && !(cause instanceof WorkflowNotFoundError) && !isEndedOver(cause)) throw cause;
  const found = await untilTold(afterSilence);
  if (!found) throw new SlipwayError('temporal_unavailable', { cause });
  return found.answer;
}

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
function refusalOf(error: unknown): (Refused & { code: ErrorCode }) | 'draining' | undefined {
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
