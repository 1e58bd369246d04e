// Calls Temporal with deadlines, and classifies errors.
import {
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { SlipwayError } from '../contract/errors.js';

/**
 * The deadline of queries. A query without a worker would block permanently; the memo then has the last known state.
 */
export const QUERY_MS = 1_000;
export const READ_MS = 3_000;
const UNAVAILABLE = [1, 4, 14]; // gRPC: CANCELLED (by the client's own deadline), DEADLINE_EXCEEDED, UNAVAILABLE
const NO_POLLER = 9; // gRPC FAILED_PRECONDITION: no worker has polled recently

export interface MaybeStale<T> {
  value: T;
  /** True if no worker answered, so that this is the last known value. */
  stale: boolean;
}

export type TemporalCalls = ReturnType<typeof createCalls>;

export function createCalls({ workflow, connection }: Pick<Client, 'workflow' | 'connection'>) {
  /** Calls Temporal. Every failure to reach Temporal becomes `temporal_unavailable`. */
  async function reach<T>(withinMs: number, call: () => Promise<T>): Promise<T> {
    try {
      return await connection.withDeadline(Date.now() + withinMs, call);
    } catch (error) {
      throw isUnreachable(error) ? new SlipwayError('temporal_unavailable', { cause: error }) : error;
    }
  }

  /**
   * Describes a workflow. Returns undefined if it doesn't exist or has another type, because the namespace may contain
   * foreign workflows.
   */
  async function describe(id: string, type: string): Promise<WorkflowExecutionDescription | undefined> {
    try {
      const info = await reach(READ_MS, () => workflow.getHandle(id).describe());
      return info.type === type ? info : undefined;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  /** Runs a query. Returns undefined if no worker answers. The memo, if there is one, has the last known state. */
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

/**
 * Returns true if the workflow has ended, doesn't exist, has no worker, or doesn't support the query. Foreign
 * workflows, and workflows that have just started, may not support the query.
 */
function isUnanswered(error: unknown): boolean {
  if (error instanceof QueryRejectedError || error instanceof QueryNotRegisteredError) return true;
  return error instanceof WorkflowNotFoundError || isUnreachable(error) || hasCode(error, NO_POLLER);
}

const hasCode = (error: unknown, code: number): boolean =>
  causesOf(error).some((cause) => (cause as { code?: unknown }).code === code);

function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}
