// What a well-formed request may not ask for all the same: judged by the API, and by the first step of one started by hand.
import { persistedPaths } from './persist.js';
import { modePlan } from './request-facts.js';
import type { StartRequest } from './requests.js';
import type { TextKey, TextParams } from './texts.js';

/** A field, and what would be right. */
export interface Objection {
  path: string;
  text: TextKey;
  params: TextParams;
}

export function objectionsTo(request: StartRequest): Objection[] {
  return [...toResources(request), ...toPersisted(request), ...toWishes(request)];
}

function toResources(request: StartRequest): Objection[] {
  const modes = modePlan(request);
  if (!request.config.resources || modes.includes('docker')) return [];
  return [{ path: 'config.resources', text: 'resources.not_enforceable', params: { mode: modes.join(', ') } }];
}

function toPersisted({ config }: StartRequest): Objection[] {
  const persisted = persistedPaths(config.persist, config.environment_variables); // sealed values are no URLs
  if ('paths' in persisted) return [];
  return persisted.wrong.map(({ field, fault }) => ({ path: field, text: fault, params: {} }));
}

function toWishes({ when_full, config }: StartRequest): Objection[] {
  const wishes = new Set([when_full, config.when_full].filter((wish) => wish !== undefined));
  return wishes.size > 1 ? [{ path: 'when_full', text: 'field.when_full_twice', params: {} }] : [];
}
