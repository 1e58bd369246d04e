// Returns the reason why a check of an external service failed, as a text key. Pure.
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

/** Names only the host, because the rest of an address may be confidential. */
export function reasonOf(healthUrl: string, result: ProbeResult, timeoutMs: number): OutsideReason {
  const { host } = new URL(healthUrl);
  if ('status' in result) return { text: 'outside.status', params: { host, status: result.status } };
  const { error } = result;
  return { text: TEXTS[error] ?? 'outside.failed', params: { host, seconds: timeoutMs / 1000, reason: error } };
}

export const isSameReason = (reason: OutsideReason | undefined, other: OutsideReason | undefined): boolean =>
  JSON.stringify(reason) === JSON.stringify(other);
