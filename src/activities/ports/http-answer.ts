// Waits for the answer to an HTTP request that other people's servers answer in any way they like.
import type { ClientRequest, IncomingMessage } from 'node:http';

/**
 * Resolves with the head of the response. Rejects with the connection's error, with the signal's reason, or if the
 * connection ends or changes its protocol (101) without a response. Node alone reports no error for 101, even after an
 * abort, so that a promise without these listeners would never settle.
 */
export function answerTo(call: ClientRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      call.destroy();
      reject(signal.reason as Error);
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    call.once('response', resolve);
    call.once('upgrade', (_head, socket) => {
      socket.destroy();
      reject(noAnswer('UNEXPECTED_UPGRADE'));
    });
    call.on('error', reject);
    call.once('close', () => {
      signal.removeEventListener('abort', abort);
      reject(noAnswer('ECONNRESET'));
    });
  });
}

/** Returns the error's code, such as `ECONNREFUSED`, or its message. */
export const reasonOf = ({ code, message }: NodeJS.ErrnoException): string => code ?? message;

const noAnswer = (code: string): Error =>
  Object.assign(new Error('the connection ended without an HTTP response'), { code });
