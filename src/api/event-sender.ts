// One client of a stream. It is asked for the next event only when its socket took the last: nothing waits in memory.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Request, Response } from 'express';
import type { SlipwayError } from '../contract/errors.js';
import type { Language } from '../contract/states.js';
import { callerOf, checkAgain } from './auth.js';
import { onceClosed } from './once-closed.js';
import { known, problemOf } from './problem.js';
import { KEEP_ALIVE, sseText } from './sse.js';
import type { StreamSlots } from './stream-slots.js';

export interface Pace {
  /** Between comments: below what proxies take for silence. */
  keepAliveMs: number;
  /** A client that took nothing for so long is closed; it may come back where it was. */
  stallMs: number;
  /** Between two looks at whether its key still lets the client read. */
  recheckMs: number;
}

export const PACE: Pace = { keepAliveMs: 15_000, stallMs: 60_000, recheckMs: 3_000 };
/** For the last words to a client that is refused by now. */
const LINGER_MS = 1_000;

/**
 * Begins a stream: what it rejects with is answered as any refusal is. Once the client has its headers, the text of the
 * events is pulled, and at last aborted, by the client's connection.
 */
export type Begin = (signal: AbortSignal) => AsyncIterable<Buffer | string> | Promise<AsyncIterable<Buffer | string>>;

/** Closing the slots ends all streams, without their `end`: the clients go on elsewhere. */
export function createEventSender({ keepAliveMs, stallMs, recheckMs }: Pace, slots: StreamSlots, language: Language) {
  return send;

  /** Resolves when the stream is over: by its own end, the client's, its key's, or the API's. */
  async function send(req: Request, res: Response, begin: Begin): Promise<void> {
    res.set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no', // nginx would hold events back
      Connection: 'close', // after the end: the stream is all that this connection is for
    });
    if (req.method === 'HEAD' || slots.closed) {
      res.end();
      return;
    }
    const { over, leave } = slots.take(callerOf(req).keyId);
    onceClosed(res, () => {
      over.abort();
    });
    res.setTimeout(stallMs, () => res.destroy()); // Node counts from the last byte that went either way
    // Also while a long log is searched: as proxies give up on silence, its first comment sends the headers then.
    const alive = setInterval(() => {
      if (!res.writableNeedDrain) res.write(KEEP_ALIVE);
    }, keepAliveMs);
    const refusal = refusalLater(req, over);
    try {
      const events = await begin(over.signal);
      over.signal.throwIfAborted();
      res.flushHeaders(); // what happens from now on, the client is told
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

  /** Ends the stream of a client that may no longer read it. Resolves, once the stream is over, with why. */
  async function refusalLater(req: Request, over: AbortController): Promise<SlipwayError | undefined> {
    try {
      for (;;) {
        await delay(recheckMs, undefined, { signal: over.signal });
        await checkAgain(req);
      }
    } catch (error) {
      if (over.signal.aborted) return undefined;
      over.abort();
      return known(error);
    }
  }
}
