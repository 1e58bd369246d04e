// What a well-formed request may not ask for all the same: judged by the API, and by the first step of one started by hand.
import type { StartRequest } from './requests.js';
import type { TextKey, TextParams } from './texts.js';

export interface Objection {
  code: 'invalid' | 'not_supported_yet';
  text: TextKey;
  params: TextParams;
  /** The field that is wrong, where it is one. */
  path?: string;
}

export function objectionTo({ when_full, config }: StartRequest): Objection | undefined {
  if (config.supersede) return notYet('config.supersede');
  if (config.resources) return notYet('config.resources');
  const wishes = new Set([when_full, config.when_full].filter((wish) => wish !== undefined));
  if (wishes.size > 1) return { code: 'invalid', text: 'field.when_full_twice', params: {}, path: 'when_full' };
  return undefined;
}

/** What belongs to later releases is refused, instead of doing nothing. */
const notYet = (what: string): Objection => ({
  code: 'not_supported_yet',
  text: 'not_supported_yet',
  params: { what },
});
