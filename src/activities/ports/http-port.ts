// One plain GET: of an app's own address, or of one outside.
import { get as getHttp, type RequestOptions } from 'node:http';
import { get as getHttps } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { AddressDenied, type AddressGuard } from '../../address-guard.js';

/** What came back: a status, or why nothing did (`ECONNREFUSED`, `timeout`, …). */
export type ProbeResult = { status: number } | { error: string };

export interface ProbeOptions {
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface HttpPort {
  /** Follows no redirect and reads no body. That nobody answers is a result, not an error; being aborted is an error. */
  probe(url: string, options: ProbeOptions): Promise<ProbeResult>;
}

export interface AppHttpPort extends HttpPort {
  /** Whether a port of this host's loopback takes a connection over TLS, with whatever certificate. */
  speaksTls(port: number): Promise<boolean>;
}

const TLS_WITHIN_MS = 1_000;

export const http: AppHttpPort = {
  probe: (url, options) => probeBy(getHttp, url, options, { agent: false }),
  speaksTls: (port) =>
    new Promise((resolve) => {
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, timeout: TLS_WITHIN_MS });
      const end = (answer: boolean) => (): void => {
        socket.destroy();
        resolve(answer);
      };
      socket.once('secureConnect', end(true)).once('error', end(false)).once('timeout', end(false));
    }),
};

/** Asks addresses that somebody else chose: none in a denied network is ever connected to. */
export function createGuardedHttp(guard: AddressGuard): HttpPort {
  return {
    probe(url, options) {
      const denied = guard.deniedNumber(url);
      if (denied !== undefined) return Promise.resolve({ error: new AddressDenied(denied).code });
      const { protocol } = new URL(url);
      return probeBy(protocol === 'https:' ? getHttps : getHttp, url, options, { agent: false, lookup: guard.lookup });
    },
  };
}

function probeBy(
  get: typeof getHttp,
  url: string,
  { timeoutMs, signal }: ProbeOptions,
  how: RequestOptions,
): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const deadline = AbortSignal.timeout(timeoutMs);
    const call = get(url, { ...how, signal: signal ? AbortSignal.any([signal, deadline]) : deadline });
    call.once('response', (response) => {
      resolve({ status: response.statusCode ?? 0 });
      call.destroy();
    });
    call.on('error', (error: NodeJS.ErrnoException) => {
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve({ error: deadline.aborted ? 'timeout' : (error.code ?? error.message) });
    });
  });
}
