// What a request that is accepted should be told all the same.
import { modePlan } from './request-facts.js';
import type { Objection } from './objections.js';
import { isSecretName } from './secret-names.js';
import type { StartRequest } from './requests.js';

export type Warning = Objection;

export function warningsOf(request: StartRequest): Warning[] {
  return [...toLeftOutModes(request), ...toPlainSecrets(request)];
}

/** Limits are a container's: the modes without one are skipped, which shows only once docker has failed. */
function toLeftOutModes(request: StartRequest): Warning[] {
  const modes = modePlan(request).filter((mode) => mode !== 'docker');
  if (!request.config.resources || modes.length === 0) return [];
  return [{ path: 'config.resources', text: 'warning.resources', params: { modes: modes.join(', ') } }];
}

/** Logs show plain values. */
function toPlainSecrets({ config: { plain_variables: plain = [] } }: StartRequest): Warning[] {
  return plain
    .filter((name) => isSecretName(name))
    .map((name) => ({ path: `config.environment_variables.${name}`, text: 'warning.plain_secret', params: { name } }));
}
