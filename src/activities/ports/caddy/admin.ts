// Caddy's admin interface: reads and changes its configuration. Each change applies only to the configuration that was
// read.
import { request, type RequestOptions } from 'node:http';
import { urlToHttpOptions } from 'node:url';
import type { CaddyConfig, Write } from './server.js';

const ANSWERS_WITHIN_MS = 2000;

export interface ReadConfig {
  /** Null if Caddy was started without a configuration. */
  config: CaddyConfig | null;
  /** The ETag of the whole configuration. */
  etag: string;
}

/**
 * `stale`: the configuration has changed meanwhile. `refused`: Caddy can't run the new configuration, and keeps the old
 * one.
 */
export type Written = 'written' | 'stale' | { refused: string };

export interface CaddyAdmin {
  read(): Promise<ReadConfig>;
  write(write: Write, etag: string): Promise<Written>;
  remove(path: string, etag: string): Promise<Written>;
}

/** The address of the interface: a URL, or a socket of the file system. */
export interface AdminAddress {
  address: string;
  socketPath?: string;
}

interface Answer {
  status: number;
  text: string;
  etag: string;
}

export function createAdmin({ address, socketPath }: AdminAddress): CaddyAdmin {
  const target = (path: string): RequestOptions =>
    // At a socket, Caddy requires the host that a request without one has (RFC 9112, section 3.2): an empty one.
    socketPath === undefined ? urlToHttpOptions(new URL(path, address)) : { socketPath, path, setHost: false };

  return {
    async read() {
      const { status, text, etag } = await call('GET', '/config/');
      if (status !== 200) throw new Error(`Caddy answered ${status}: ${text}`);
      return { config: JSON.parse(text) as CaddyConfig | null, etag };
    },
    write: async ({ path, value }, etag) => outcome(await call('POST', path, { etag, body: JSON.stringify(value) })),
    remove: async (path, etag) => outcome(await call('DELETE', path, { etag })),
  };

  /** Sends a call on its own connection, because a change of the configuration closes all connections. */
  function call(method: string, path: string, { etag, body }: { etag?: string; body?: string } = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const at = target(path);
      const headers = {
        ...(socketPath !== undefined && { Host: '' }),
        ...(body && { 'Content-Type': 'application/json' }),
        ...(etag && { 'If-Match': etag }),
      };
      const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
      const sent = request({ ...at, method, headers, agent: false, signal }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.once('error', reject);
        response.once('end', () => {
          // A header in later versions of Caddy, a trailer in earlier ones.
          const responseTag = response.headers.etag ?? response.trailers['etag'] ?? '';
          resolve({ status: response.statusCode ?? 0, text, etag: responseTag });
        });
      });
      sent.once('error', reject);
      sent.end(body);
    });
  }
}

function outcome({ status, text }: Answer): Written {
  if (status === 412) return 'stale';
  return status === 200 ? 'written' : { refused: text.trim() };
}
