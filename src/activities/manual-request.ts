// Reads the request of a deployment that was started manually, because the API has not checked it.
import { errorRecord, type ErrorRecord } from '../contract/errors.js';
import { isDeploymentId } from '../contract/names.js';
import { ruleViolationsIn } from '../contract/request-rules.js';
import { clearSecrets } from '../contract/request-facts.js';
import { startRequestSchema, type StartRequest } from '../contract/requests.js';
import type { Language } from '../contract/states.js';
import type { OpenedRequest } from '../contract/steps.js';
import { check, reasonOf } from '../contract/wrong-fields.js';
import type { Ports } from './ports/index.js';

export function createManualRequest({ entities }: Pick<Ports, 'entities'>, { language }: { language: Language }) {
  return {
    /** Never fails: an invalid input becomes a failure of the deployment, which is reported like any other. */
    async openRequest({ deploymentId, input }: { deploymentId: string; input: unknown }): Promise<OpenedRequest> {
      const opened = openRequest(deploymentId, input, language);
      if (opened.refused || !(await entities.ranBefore(deploymentId))) return opened;
      const refused = errorRecord('invalid', { text: 'invalid.id_used', params: { id: deploymentId } });
      return { ...opened, refused };
    },
  };
}

function openRequest(deploymentId: string, input: unknown, language: Language): OpenedRequest {
  const checked = check(startRequestSchema, input ?? {}, language);
  if ('wrong' in checked) {
    const refused = errorRecord('invalid', { params: { reason: reasonOf(checked.wrong) } });
    return { request: startRequestSchema.parse({}), refused };
  }
  const request = checked.value;
  const refused = refusalOf(deploymentId, request);
  return { request, ...(refused && { refused }) };
}

function refusalOf(deploymentId: string, request: StartRequest): ErrorRecord | undefined {
  if (!isDeploymentId(deploymentId)) {
    return errorRecord('invalid', { text: 'invalid.deployment_id', params: { id: deploymentId } });
  }
  const clear = clearSecrets(request);
  if (clear.length > 0) {
    return errorRecord('invalid', { text: 'invalid.clear_secrets', params: { paths: clear.join(', ') } });
  }
  const [objection] = ruleViolationsIn(request);
  return objection && errorRecord('invalid', objection);
}
