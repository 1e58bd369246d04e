// Reading what a deployment was started with: also by hand, where nobody looked at it before.
import { errorRecord, type ErrorRecord } from '../contract/errors.js';
import { DEPLOYMENT_ID } from '../contract/names.js';
import { clearSecrets, startRequestSchema, type StartRequest } from '../contract/requests.js';

export interface Opened {
  request: StartRequest;
  /** The input is no start request; `request` then holds the defaults, so that the failure can be told like any other. */
  refused?: ErrorRecord;
}

export function openRequest(input: unknown): Opened {
  const parsed = startRequestSchema.safeParse(input ?? {});
  if (parsed.success) return { request: parsed.data };
  const reason = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`).join('; ');
  return { request: startRequestSchema.parse({}), refused: errorRecord('invalid', { params: { reason } }) };
}

/** Why a deployment started by hand may not even ask for a slot. */
export function refusalOf(deploymentId: string, request: StartRequest): ErrorRecord | undefined {
  if (!DEPLOYMENT_ID.test(deploymentId)) {
    return errorRecord('invalid', { text: 'invalid.deployment_id', params: { id: deploymentId } });
  }
  const clear = clearSecrets(request);
  if (clear.length === 0) return undefined;
  return errorRecord('invalid', { text: 'invalid.clear_secrets', params: { paths: clear.join(', ') } });
}
