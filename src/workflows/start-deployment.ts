// Starts a deployment as a child workflow of the gate or a batch.
import { ParentClosePolicy, startChild, WorkflowIdReusePolicy, type ChildWorkflowHandle } from '@temporalio/workflow';
import type { ApiAdmission, Enrolment } from '../contract/messages.js';
import { DECISION_TIMEOUT, VIEW_MEMO, WORKFLOWS } from '../contract/names.js';
import { isBatchLabel } from '../contract/request-facts.js';
import type { StartRequest } from '../contract/requests.js';
import type { DeploymentState } from '../contract/views.js';
import { attributes } from './attributes.js';
import type { deployment } from './deployment.js';

/** `state` is the state to show before the first step. The parent may end before the deployment does. */
export function startDeployment(
  state: DeploymentState,
  request: StartRequest,
  from: ApiAdmission | Enrolment,
): Promise<ChildWorkflowHandle<typeof deployment>> {
  const { mode, environment, metadata } = request;
  const { batch_id: said } = metadata;
  // An invalid label would fail the parent workflow.
  const label = typeof said === 'string' && isBatchLabel(said) ? said : undefined;
  return startChild<typeof deployment>(WORKFLOWS.deployment, {
    workflowId: state.deploymentId,
    args: [request, from],
    workflowTaskTimeout: DECISION_TIMEOUT,
    parentClosePolicy: ParentClosePolicy.ABANDON,
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
    memo: { [VIEW_MEMO]: state },
    typedSearchAttributes: attributes({
      service: from.service,
      mode,
      environment,
      status: state.status,
      ...('batchId' in from ? { batch: from.batchId, batchLabel: label } : { batch: label }),
    }),
    staticSummary: `Deploy ${from.service} (${mode}, ${environment})`,
  });
}
