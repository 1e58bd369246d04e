// A deployment as a workflow of its own, begun by the gate or by a batch.
import { ParentClosePolicy, startChild, WorkflowIdReusePolicy, type ChildWorkflowHandle } from '@temporalio/workflow';
import type { ApiAdmission, Enrolment } from '../contract/messages.js';
import { DECISION_TIMEOUT, VIEW_MEMO, WORKFLOWS } from '../contract/names.js';
import { isBatchLabel } from '../contract/request-facts.js';
import type { StartRequest } from '../contract/requests.js';
import type { DeploymentState } from '../contract/views.js';
import { attributes } from './attributes.js';
import type { deployment } from './deployment.js';

/** `state` is what is told of it before its first step. Whoever begins it may end before it does. */
export function startDeployment(
  state: DeploymentState,
  request: StartRequest,
  from: ApiAdmission | Enrolment,
): Promise<ChildWorkflowHandle<typeof deployment>> {
  const { mode, environment, metadata } = request;
  const { batch_id: said } = metadata;
  const label = typeof said === 'string' && isBatchLabel(said) ? said : undefined; // another one would end whoever starts it
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
