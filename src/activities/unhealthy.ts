// Derives the reason why a running web app isn't healthy, so that the error can say what to do. Pure.
import type { Message } from '../contract/texts.js';
import type { Listening } from './ports/instance-port.js';

/** How long an app was waited for, and how the last probe ended. */
export interface Waited {
  seconds: number;
  reason: string;
}

/** Returns the message for an app that answers with another status than expected. */
export const explainAnswer = (status: number, params: Waited): Message => ({
  text: status >= 500 ? 'health_check_failed.own_error' : 'health_check_failed.other_status',
  params,
});

export interface Unreached {
  /** Undefined if the sockets can't be read. */
  listening: Listening | undefined;
  speaksTls: boolean;
}

/** Returns the message for an app that can't be reached. */
export function explain({ listening, speaksTls }: Unreached, waited: Waited): Message {
  if (speaksTls) return { text: 'health_check_failed.tls', params: waited };
  if (!listening) return { text: 'health_check_failed', params: waited };
  const { wanted, sockets, hasOwnNetwork } = listening;
  const ofPort = sockets.filter(({ port }) => port === wanted);
  const found = [...new Set(sockets.map(({ port }) => port))].sort((a, b) => a - b).join(', ');
  const params = { ...waited, port: wanted, found };
  if (sockets.length === 0) return { text: 'health_check_failed.no_port', params };
  if (ofPort.length === 0) return { text: 'health_check_failed.other_port', params };
  const isShutIn = hasOwnNetwork && ofPort.every(({ isLoopback }) => isLoopback);
  return { text: isShutIn ? 'health_check_failed.loopback' : 'health_check_failed', params };
}
