// Sends one POST to an address that other people chose.
import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { AddressDenied, type AddressGuard } from '../../address-guard.js';
import { answerTo, reasonOf } from './http-answer.js';

/** The bytes of a response that are read. A longer response is cut off. */
const MOST_ANSWER_BYTES = 64 * 1024;

/**
 * `denied`: the address is in a denied network, and nothing was sent. `error`: the reason why there was no response,
 * for example `timeout`.
 */
export type PostResult = { status: number; retryAfter: string | undefined } | { denied: string } | { error: string };

export interface PostOptions {
  headers: Record<string, string>;
  body: string;
  /** The time limit until the response's head. */
  timeoutMs: number;
  signal: AbortSignal;
}

export interface WebhookPort {
  /** Follows no redirect. A missing response is a result, not an error. Rejects only if it is aborted. */
  post(url: string, options: PostOptions): Promise<PostResult>;
}

/** Checks each address in the connection itself, so that a host name can't change its address after the check. */
export function createWebhooks(guard: AddressGuard): WebhookPort {
  return {
    async post(url, { headers, body, timeoutMs, signal }) {
      signal.throwIfAborted();
      const denied = guard.deniedNumber(url);
      if (denied !== undefined) return { denied };
      const { protocol } = new URL(url);
      const deadline = AbortSignal.timeout(timeoutMs);
      const request = protocol === 'https:' ? requestHttps : requestHttp;
      const call = request(url, {
        method: 'POST',
        headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
        agent: false,
        lookup: guard.lookup,
      });
      call.end(body);
      try {
        const response = await answerTo(call, AbortSignal.any([signal, deadline]));
        discardBody(call, response);
        return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] };
      } catch (error) {
        call.destroy();
        signal.throwIfAborted();
        if (error instanceof AddressDenied) return { denied: error.address };
        return { error: deadline.aborted ? 'timeout' : reasonOf(error as NodeJS.ErrnoException) };
      }
    },
  };
}

/** Reads the beginning of the body, so that the receiver can finish it. An error of the body doesn't matter any more. */
function discardBody(call: ClientRequest, response: IncomingMessage): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_ANSWER_BYTES) call.destroy();
  });
  response.on('error', () => undefined);
}
