// One client of a stream. It is asked for the next event only when its socket took the last: nothing waits in memory.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Request, Response } from 'express';
import type { Language } from '../contract/states.js';
import { checkAgain } from './auth.js';
import { known, problemOf } from './problem.js';
import { KEEP_ALIVE, sseText } from './sse.js';

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

/** The text of a stream's events: pulled, and at last aborted, by the client's connection. */
export type Events = (signal: AbortSignal) => AsyncIterable<Buffer | string>;

export function createEventSender({ keepAliveMs, stallMs, recheckMs }: Pace, language: Language) {
  const open = new Set<AbortController>();
  let closed = false;
  return { send, close };

  /** Resolves when the stream is over: by its own end, the client's, its key's, or the API's. */
  async function send(req: Request, res: Response, events: Events): Promise<void> {
    res.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no', // nginx would hold events back
      Connection: 'close', // after the end: the stream is all that this connection is for
    });
    if (req.method === 'HEAD' || closed) {
      res.end();
      return;
    }
    res.flushHeaders();
    const over = new AbortController();
    open.add(over);
    res.once('close', () => {
      over.abort();
    });
    res.setTimeout(stallMs, () => res.destroy()); // Node counts from the last byte that went either way
    const alive = setInterval(() => {
      if (!res.writableNeedDrain) res.write(KEEP_ALIVE);
    }, keepAliveMs);
    const refusal = refusalLater(req, over);
    try {
      for await (const text of events(over.signal)) {
        over.signal.throwIfAborted();
        if (!res.write(text)) await once(res, 'drain', { signal: over.signal });
      }
    } catch (error) {
      if (!over.signal.aborted) throw error;
    } finally {
      clearInterval(alive);
      open.delete(over);
      over.abort();
    }
    const lastWords = await refusal;
    res.end(lastWords);
    if (lastWords !== undefined) setTimeout(() => res.destroy(), LINGER_MS).unref();
  }

  /** Ends the stream of a client that may no longer read it. Resolves with what it is told, once the stream is over. */
  async function refusalLater(req: Request, over: AbortController): Promise<string | undefined> {
    try {
      for (;;) {
        await delay(recheckMs, undefined, { signal: over.signal });
        await checkAgain(req);
      }
    } catch (error) {
      if (over.signal.aborted) return undefined;
      over.abort();
      const path = req.originalUrl.split('?')[0] ?? req.path;
      return sseText({ event: 'refused', data: problemOf(known(error), language, path) });
    }
  }

  /** Ends all, without their `end`: the clients go on elsewhere. */
  function close(): void {
    closed = true;
    for (const over of open) over.abort();
  }
}
