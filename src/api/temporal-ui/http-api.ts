// The client of Temporal's HTTP API, with its TLS certificates. Calls of the Web UI are passed to this API.
import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { TemporalConfig } from '../../config.js';
import { SlipwayError } from '../../contract/errors.js';

/** Longer than any call that waits for events of a workflow. */
const TIMEOUT_MS = 90_000;
const MOST_SOCKETS = 32;

export interface HttpApi {
  /** `path` starts with `/api/v1/`. Throws `temporal_unavailable` if the server can't be reached. */
  send(method: string, path: string, body: Buffer | undefined, signal: AbortSignal): Promise<IncomingMessage>;
  close(): void;
}

/** Connects to the HTTP API. Returns undefined if its address isn't configured. */
export async function connectHttpApi({ httpAddress, tls }: TemporalConfig): Promise<HttpApi | undefined> {
  if (httpAddress === undefined || tls === undefined) return undefined;
  const { clientCertPath, clientKeyPath, serverCaPath, serverName } = tls;
  const [cert, key, ca] = await Promise.all([clientCertPath, clientKeyPath, serverCaPath].map(readIfSet));
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_SOCKETS, cert, key, ca, servername: serverName });
  const { hostname, port } = new URL(`https://${httpAddress}`);
  return {
    async send(method, path, body, signal) {
      const options: RequestOptions = {
        agent,
        hostname,
        port,
        method,
        path,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        headers: {
          Host: serverName ?? hostname,
          Accept: 'application/json+no-payload-shorthand', // the format that the Web UI expects for payloads
          ...(body && { 'Content-Type': 'application/json', 'Content-Length': body.length }),
        },
      };
      return new Promise((resolve, reject) => {
        request(options, resolve)
          .once('error', (cause) => {
            reject(new SlipwayError('temporal_unavailable', { cause }));
          })
          .end(body);
      });
    },
    close() {
      agent.destroy();
    },
  };
}

const readIfSet = (path: string | undefined): Promise<Buffer | undefined> =>
  path === undefined ? Promise.resolve(undefined) : readFile(path);
