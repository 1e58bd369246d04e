// Limits the number of long responses, in total and per key: streams, and whole logs.
import { Refusal } from './errors.js';

export interface StreamLimits {
  perKey: number;
  inAll: number;
}

/** The slot of a long response. Its signal aborts when the client disconnects or the API closes. */
export interface StreamSlot {
  over: AbortController;
  leave: () => void;
}

export interface StreamSlots {
  /** Throws `rate_limited` if there are too many, before any work starts for the client. */
  take: (keyId: string) => StreamSlot;
  readonly closed: boolean;
  /** Ends all. */
  close: () => void;
}

/** A stream whose client has disconnected is closed within a few seconds. */
const RETRY_AFTER_SECONDS = 5;

export function createStreamSlots({ perKey, inAll }: StreamLimits): StreamSlots {
  const open = new Set<AbortController>();
  const byKey = new Map<string, number>();
  let closed = false;

  return {
    get closed() {
      return closed;
    },
    take(keyId) {
      const mine = byKey.get(keyId) ?? 0;
      if (mine >= perKey || open.size >= inAll) {
        const params = { limit: perKey, all: inAll };
        const headers = { 'Retry-After': String(RETRY_AFTER_SECONDS) };
        throw new Refusal('rate_limited', { text: 'rate_limited.streams', params }, headers);
      }
      const over = new AbortController();
      open.add(over);
      byKey.set(keyId, mine + 1);
      return { over, leave: () => leave(keyId, over) };
    },
    close() {
      closed = true;
      for (const over of open) over.abort();
    },
  };

  function leave(keyId: string, over: AbortController): void {
    if (!open.delete(over)) return;
    over.abort();
    const left = (byKey.get(keyId) ?? 1) - 1;
    if (left > 0) byKey.set(keyId, left);
    else byKey.delete(keyId);
  }
}
