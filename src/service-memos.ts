// What every service last told of itself: read off the memos in Temporal's visibility, so that no worker is needed.
import type { WorkflowClient } from '@temporalio/client';
import { VIEW_MEMO, WORKFLOWS } from './contract/names.js';
import type { ServiceView } from './contract/views.js';

export async function readServiceMemos(workflow: WorkflowClient): Promise<ServiceView[]> {
  const views: ServiceView[] = [];
  for await (const { memo } of workflow.list({
    query: `WorkflowType = '${WORKFLOWS.service}' AND ExecutionStatus = 'Running'`,
  })) {
    const view = memo?.[VIEW_MEMO] as ServiceView | undefined;
    if (view) views.push(view);
  }
  return views;
}
