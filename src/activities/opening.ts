// Reading what a deployment was started with by hand: nobody looked at it before.
import { errorRecord } from '../contract/errors.js';
import { isDeploymentId } from '../contract/names.js';
import { clearSecrets } from '../contract/request-facts.js';
import { startRequestSchema } from '../contract/requests.js';
import type { OpenedRequest } from '../contract/steps.js';

export function createOpening() {
  return {
    /** Never fails: what is wrong with the input is the deployment's own failure, told like any other. */
    openRequest: ({ deploymentId, input }: { deploymentId: string; input: unknown }): Promise<OpenedRequest> =>
      Promise.resolve(openRequest(deploymentId, input)),
  };
}

export function openRequest(deploymentId: string, input: unknown): OpenedRequest {
  const parsed = startRequestSchema.safeParse(input ?? {});
  if (!parsed.success) {
    const reason = parsed.error.issues
      .map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`)
      .join('; ');
    return { request: startRequestSchema.parse({}), refused: errorRecord('invalid', { params: { reason } }) };
  }
  const request = parsed.data;
  if (!isDeploymentId(deploymentId)) {
    const refused = errorRecord('invalid', { text: 'invalid.deployment_id', params: { id: deploymentId } });
    return { request, refused };
  }
  const clear = clearSecrets(request);
  if (clear.length === 0) return { request };
  const params = { paths: clear.join(', ') };
  return { request, refused: errorRecord('invalid', { text: 'invalid.clear_secrets', params }) };
}
