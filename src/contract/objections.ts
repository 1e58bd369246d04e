// What a well-formed request may not ask for all the same: judged by the API, and by the first step of one started by hand.
import { persistedPaths } from './persist.js';
import { modePlan } from './request-facts.js';
import type { StartRequest } from './requests.js';
import type { TextKey, TextParams } from './texts.js';

export interface Objection {
  code: 'invalid';
  text: TextKey;
  params: TextParams;
  /** The field that is wrong, where it is one. */
  path?: string;
}

export function objectionTo(request: StartRequest): Objection | undefined {
  const { when_full, config } = request;
  const modes = modePlan(request);
  if (config.resources && !modes.includes('docker')) {
    const params = { mode: modes.join(', ') };
    return { code: 'invalid', text: 'resources.not_enforceable', params, path: 'config.resources' };
  }
  const persisted = persistedPaths(config.persist, config.environment_variables); // sealed values are no URLs
  if ('outside' in persisted) return { code: 'invalid', text: 'field.inside', params: {}, path: persisted.outside };
  const wishes = new Set([when_full, config.when_full].filter((wish) => wish !== undefined));
  if (wishes.size > 1) return { code: 'invalid', text: 'field.when_full_twice', params: {}, path: 'when_full' };
  return undefined;
}
