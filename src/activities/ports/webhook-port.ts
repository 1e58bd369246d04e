// Sends one POST to an address that other people chose.
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { AddressDenied, type AddressGuard } from '../../address-guard.js';

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
          response.on('error', () => undefined); // the head was the response
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
