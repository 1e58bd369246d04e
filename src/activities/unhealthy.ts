// Derives the reason why a running web app isn't healthy, so that the error can say what to do. Pure.
import type { TextKey, TextParams } from '../contract/texts.js';
import type { Listening } from './ports/instance-port.js';

/** Returns the text for an app that answers with another status than expected. */
export function explainAnswer(status: number): { text: TextKey; params: TextParams } {
  return { text: status >= 500 ? 'health_check_failed.own_error' : 'health_check_failed.other_status', params: {} };
}

export interface Unreached {
  /** Undefined if the sockets can't be read. */
  listening: Listening | undefined;
  speaksTls: boolean;
}

/** Returns the text of the error. Absent if the general text applies. */
export function explain({ listening, speaksTls }: Unreached): { text?: TextKey; params: TextParams } {
  if (speaksTls) return { text: 'health_check_failed.tls', params: {} };
  if (!listening) return { params: {} };
  const { wanted, sockets, hasOwnNetwork } = listening;
  const ofPort = sockets.filter(({ port }) => port === wanted);
  const params = {
    port: wanted,
    found: [...new Set(sockets.map(({ port }) => port))].sort((a, b) => a - b).join(', '),
  };
  if (sockets.length === 0) return { text: 'health_check_failed.no_port', params };
  if (ofPort.length === 0) return { text: 'health_check_failed.other_port', params };
  const isShutIn = hasOwnNetwork && ofPort.every(({ isLoopback }) => isLoopback);
  return isShutIn ? { text: 'health_check_failed.loopback', params } : { params };
}
