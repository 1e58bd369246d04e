// Reading what a deployment was started with: also by hand, where nobody looked at it before.
import { ApplicationFailure } from '@temporalio/workflow';
import { errorRecord, type ErrorRecord } from '../contract/errors.js';
import { DEPLOYMENT_ID } from '../contract/names.js';
import { clearSecrets, startRequestSchema, type StartRequest } from '../contract/requests.js';
import { say } from '../contract/texts.js';

/** Fails the workflow at once when the input is not a start request: there is no deployment to tell of. */
export function openRequest(input: unknown): StartRequest {
  const parsed = startRequestSchema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const reason = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`).join('; ');
  const record = errorRecord('invalid', { params: { reason } });
  throw ApplicationFailure.create({
    type: record.code,
    message: say(record.text, record.params, 'en'),
    nonRetryable: true,
    details: [record],
  });
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
