// Sends a stream to one client. The next event is requested only after the socket accepted the last, so nothing is
// buffered in memory.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Request, Response } from 'express';
import type { SlipwayError } from '../contract/errors.js';
import type { Language } from '../contract/states.js';
import { callerOf, checkAgain } from './auth.js';
import { onceClosed } from './once-closed.js';
import { toSlipwayError, problemOf } from './problem.js';
import { KEEP_ALIVE, sseText } from './sse.js';
import type { StreamSlots } from './stream-slots.js';

export interface Pace {
  /** The interval of comments, shorter than the idle timeout of proxies. */
  keepAliveMs: number;
  /** The time after which a stalled client is disconnected. The client can resume at the same position. */
  stallMs: number;
  /** The interval of permission checks during a stream. */
  recheckMs: number;
}

export const PACE: Pace = { keepAliveMs: 15_000, stallMs: 60_000, recheckMs: 3_000 };
/** The time that a client has to read the last event before it is disconnected. */
const LINGER_MS = 1_000;

/**
 * Opens a stream. If opening rejects, the client gets an error response. After the headers were sent, events are read
 * as the connection accepts them, and the signal aborts when the connection closes.
 */
export type Begin = (signal: AbortSignal) => AsyncIterable<Buffer | string> | Promise<AsyncIterable<Buffer | string>>;

/** Closing the slots ends all streams without an `end` event. Clients then reconnect. */
export function createEventSender({ keepAliveMs, stallMs, recheckMs }: Pace, slots: StreamSlots, language: Language) {
  return send;

  /** Sends a stream. Resolves when the stream ends, whether by its own end, the client, the key, or the API. */
  async function send(req: Request, res: Response, begin: Begin): Promise<void> {
    res.set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no', // prevents buffering by nginx
      Connection: 'close', // closes the connection after the end; it isn't used for anything else
    });
    if (req.method === 'HEAD' || slots.closed) {
      res.end();
      return;
    }
    const { over, leave } = slots.take(callerOf(req).keyId);
    onceClosed(res, () => {
      over.abort();
    });
    res.setTimeout(stallMs, () => res.destroy()); // Node counts from the last byte in either direction
    // The comments also start while a long log is searched. The first comment sends the headers, because proxies close
    // idle connections.
    const alive = setInterval(() => {
      if (!res.writableNeedDrain) res.write(KEEP_ALIVE);
    }, keepAliveMs);
    const refusal = refusalLater(req, over);
    try {
      const events = await begin(over.signal);
      over.signal.throwIfAborted();
      res.flushHeaders(); // the client receives all events from here on
      for await (const text of events) {
        over.signal.throwIfAborted();
        if (!res.write(text)) await once(res, 'drain', { signal: over.signal });
      }
    } catch (error) {
      if (!over.signal.aborted) throw error;
    } finally {
      clearInterval(alive);
      leave();
    }
    const refused = await refusal;
    if (refused && !res.headersSent) throw refused;
    const instance = req.originalUrl.split('?')[0] ?? req.path;
    res.end(refused && sseText({ event: 'refused', data: problemOf(refused, language, instance) }));
    if (refused) setTimeout(() => res.destroy(), LINGER_MS).unref();
  }

  /** Ends the stream when the client loses its permission. Resolves to the error after the stream has ended. */
  async function refusalLater(req: Request, over: AbortController): Promise<SlipwayError | undefined> {
    try {
      for (;;) {
        await delay(recheckMs, undefined, { signal: over.signal });
        await checkAgain(req);
      }
    } catch (error) {
      if (over.signal.aborted) return undefined;
      over.abort();
      return toSlipwayError(error);
    }
  }
}
