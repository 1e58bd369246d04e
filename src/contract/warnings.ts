// Warnings for requests that are accepted.
import { modePlan } from './request-facts.js';
import type { RuleViolation } from './request-rules.js';
import { isSecretName } from './secret-names.js';
import type { StartRequest } from './requests.js';

export type Warning = RuleViolation;

export function warningsOf(request: StartRequest): Warning[] {
  return [...toLeftOutModes(request), ...toPlainSecrets(request)];
}

/**
 * Warns about modes without containers. Resource limits need containers, so these modes are skipped, which shows only
 * after docker has failed.
 */
function toLeftOutModes(request: StartRequest): Warning[] {
  const modes = modePlan(request).filter((mode) => mode !== 'docker');
  if (!request.config.resources || modes.length === 0) return [];
  return [{ path: 'config.resources', text: 'warning.resources', params: { modes: modes.join(', ') } }];
}

/** Warns about variables that look like secrets but are marked as plain, because logs show plain values. */
function toPlainSecrets({ config: { plain_variables: plain = [] } }: StartRequest): Warning[] {
  return plain
    .filter((name) => isSecretName(name))
    .map((name) => ({ path: `config.environment_variables.${name}`, text: 'warning.plain_secret', params: { name } }));
}
