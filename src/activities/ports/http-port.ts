// Sends one plain GET, to an app's own address or to an external one.
import { get as getHttp, type RequestOptions } from 'node:http';
import { get as getHttps } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { AddressDenied, type AddressGuard } from '../../address-guard.js';
import { answerTo, reasonOf } from './http-answer.js';

/** A status, or the reason why there was none (`ECONNREFUSED`, `timeout`, …). */
export type ProbeResult = { status: number } | { error: string };

export interface ProbeOptions {
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface HttpPort {
  /**
   * Follows no redirect and reads no body. A missing answer is a result, not an error. Rejects only if it is aborted.
   */
  probe(url: string, options: ProbeOptions): Promise<ProbeResult>;
}

export interface AppHttpPort extends HttpPort {
  /** Returns true if a port of this host's loopback accepts a TLS connection, with any certificate. */
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

/** Probes addresses that other people chose. It never connects to a denied network. */
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

async function probeBy(
  get: typeof getHttp,
  url: string,
  { timeoutMs, signal }: ProbeOptions,
  how: RequestOptions,
): Promise<ProbeResult> {
  signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(timeoutMs);
  const call = get(url, how);
  try {
    const { statusCode = 0 } = await answerTo(call, signal ? AbortSignal.any([signal, deadline]) : deadline);
    return { status: statusCode };
  } catch (error) {
    signal?.throwIfAborted();
    return { error: deadline.aborted ? 'timeout' : reasonOf(error as NodeJS.ErrnoException) };
  } finally {
    call.destroy();
  }
}
