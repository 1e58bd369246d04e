// Why a look at an external service was a bad one, as a sentence by its key. Pure.
import type { ProbeResult } from '../activities/ports/http-port.js';
import type { OutsideReason } from '../contract/messages.js';
import type { TextKey } from '../contract/texts.js';

const TEXTS: Partial<Record<string, TextKey>> = {
  ECONNREFUSED: 'outside.refused',
  timeout: 'outside.timeout',
  ETIMEDOUT: 'outside.timeout',
  ENOTFOUND: 'outside.unknown_host',
  EAI_AGAIN: 'outside.unknown_host',
  EADDRDENIED: 'outside.denied',
};

/** The host alone is named: the rest of an address may hold what is nobody's business. */
export function reasonOf(healthUrl: string, result: ProbeResult, timeoutMs: number): OutsideReason {
  const { host } = new URL(healthUrl);
  if ('status' in result) return { text: 'outside.status', params: { host, status: result.status } };
  const { error } = result;
  return { text: TEXTS[error] ?? 'outside.failed', params: { host, seconds: timeoutMs / 1000, reason: error } };
}

export const isSameReason = (one: OutsideReason | undefined, other: OutsideReason | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
