// The way to Temporal: each call within a deadline, and its failures told apart.
import {
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { SlipwayError } from '../contract/errors.js';

/** A query without a worker would block for ever: the memo says what was last known. */
export const QUERY_MS = 1_000;
export const READ_MS = 3_000;
const UNAVAILABLE = [1, 4, 14]; // gRPC: CANCELLED (by our own deadline), DEADLINE_EXCEEDED, UNAVAILABLE
const NO_POLLER = 9; // gRPC FAILED_PRECONDITION: no worker has asked for work lately

export interface Told<T> {
  value: T;
  /** True when no worker answered: it is what was last known. */
  stale: boolean;
}

export type TemporalCalls = ReturnType<typeof createCalls>;

export function createCalls({ workflow, connection }: Pick<Client, 'workflow' | 'connection'>) {
  /** Every failure to reach Temporal is one thing to a caller: nothing was accepted. */
  async function reach<T>(withinMs: number, call: () => Promise<T>): Promise<T> {
    try {
      return await connection.withDeadline(Date.now() + withinMs, call);
    } catch (error) {
      throw isUnreachable(error) ? new SlipwayError('temporal_unavailable', { cause: error }) : error;
    }
  }

  /** Undefined as well for a workflow of another type: others may live in this namespace, and are none of ours. */
  async function describe(id: string, type: string): Promise<WorkflowExecutionDescription | undefined> {
    try {
      const info = await reach(READ_MS, () => workflow.getHandle(id).describe());
      return info.type === type ? info : undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  /** Undefined when nobody answers; the memo, if there is one, says what was last known. */
  async function query<T>(ask: () => Promise<T>, withinMs = QUERY_MS): Promise<T | undefined> {
    try {
      return await connection.withDeadline(Date.now() + withinMs, ask);
    } catch (error) {
      if (isUnanswered(error)) return undefined;
      throw error;
    }
  }

  return { describe, query, reach };
}

export function isUnreachable(error: unknown): boolean {
  if (UNAVAILABLE.some((code) => hasCode(error, code))) return true;
  return causesOf(error).some(({ name }) => name === 'WorkflowUpdateRPCTimeoutOrCancelledError');
}

/** It has ended or never was, has no worker, or (a stranger, or one that has only just begun) does not know the question. */
function isUnanswered(error: unknown): boolean {
  if (error instanceof QueryRejectedError || error instanceof QueryNotRegisteredError) return true;
  return error instanceof WorkflowNotFoundError || isUnreachable(error) || hasCode(error, NO_POLLER);
}

const hasCode = (error: unknown, code: number): boolean =>
  causesOf(error).some((cause) => (cause as { code?: unknown }).code === code);

function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}
