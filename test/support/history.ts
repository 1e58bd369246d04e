// What is written into a workflow's history, as it is written.
import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** Resolves with the first that matches. Fails when the run ends without one. */
export async function untilEvent(
  { workflowService, options: { namespace } }: Client,
  execution: { workflowId: string; runId: string },
  matches: (event: HistoryEvent) => boolean,
): Promise<HistoryEvent> {
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await workflowService.getWorkflowExecutionHistory({
      namespace,
      execution,
      waitNewEvent: true,
      nextPageToken,
    });
    const found = page.history?.events?.find(matches);
    if (found) return found;
    nextPageToken = page.nextPageToken;
  } while (nextPageToken.length);
  throw new Error(`${execution.workflowId} ended without it`);
}
