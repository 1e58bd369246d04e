// One plain GET of an app's own address.
import { get } from 'node:http';

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

export const http: HttpPort = {
  probe(url, { timeoutMs, signal }) {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const deadline = AbortSignal.timeout(timeoutMs);
      const call = get(url, { agent: false, signal: signal ? AbortSignal.any([signal, deadline]) : deadline });
      call.once('response', (response) => {
        resolve({ status: response.statusCode ?? 0 });
        call.destroy();
      });
      call.on('error', (error: NodeJS.ErrnoException) => {
        if (signal?.aborted) reject(signal.reason as Error);
        else resolve({ error: deadline.aborted ? 'timeout' : (error.code ?? error.message) });
      });
    });
  },
};
