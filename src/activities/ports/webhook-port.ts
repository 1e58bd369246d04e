// One POST to an address that somebody else chose.
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { AddressDenied, type AddressGuard } from '../../address-guard.js';

/** All of an answer that is read: a receiver that goes on is cut off. */
const MOST_ANSWER_BYTES = 64 * 1024;

/** `denied`: it leads to a network that is denied, and nothing was sent. `error`: why no answer came, such as `timeout`. */
export type PostResult = { status: number; retryAfter: string | undefined } | { denied: string } | { error: string };

export interface PostOptions {
  headers: Record<string, string>;
  body: string;
  /** For all of it, to the answer's head. */
  timeoutMs: number;
  signal: AbortSignal;
}

export interface WebhookPort {
  /** Follows no redirect. That nobody answers is a result, not an error; being aborted is an error. */
  post(url: string, options: PostOptions): Promise<PostResult>;
}

/** Each address that the host has is checked in the connection itself: a name that changes its mind gains nothing. */
export function createWebhooks(guard: AddressGuard): WebhookPort {
  return {
    async post(url, { headers, body, timeoutMs, signal }) {
      signal.throwIfAborted();
      const denied = guard.deniedNumber(url);
      if (denied !== undefined) return { denied };
      const { protocol } = new URL(url);
      const deadline = AbortSignal.timeout(timeoutMs);
      const request = protocol === 'https:' ? requestHttps : requestHttp;
      return new Promise((resolve, reject) => {
        const call = request(url, {
          method: 'POST',
          headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
          agent: false,
          lookup: guard.lookup,
          signal: AbortSignal.any([signal, deadline]),
        });
        call.once('response', (response) => {
          resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] });
          let bytes = 0;
          response.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes > MOST_ANSWER_BYTES) call.destroy();
          });
          response.on('error', () => undefined); // its head was the answer
        });
        call.on('error', (error: NodeJS.ErrnoException) => {
          if (signal.aborted) reject(signal.reason as Error);
          else if (error instanceof AddressDenied) resolve({ denied: error.address });
          else resolve({ error: deadline.aborted ? 'timeout' : (error.code ?? error.message) });
        });
        call.end(body);
      });
    },
  };
}
