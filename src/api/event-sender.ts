// One client of a stream. It is asked for the next event only when its socket took the last: nothing waits in memory.
import { once } from 'node:events';
import type { Request, Response } from 'express';
import { KEEP_ALIVE } from './sse.js';

export interface Pace {
  /** Between comments: below what proxies take for silence. */
  keepAliveMs: number;
  /** A client that took nothing for so long is closed; it may come back where it was. */
  stallMs: number;
}

export const PACE: Pace = { keepAliveMs: 15_000, stallMs: 60_000 };

/** The text of a stream's events: pulled, and at last aborted, by the client's connection. */
export type Events = (signal: AbortSignal) => AsyncIterable<Buffer | string>;

export function createEventSender({ keepAliveMs, stallMs }: Pace) {
  const open = new Set<AbortController>();
  let closed = false;
  return { send, close };

  /** Resolves when the stream is over: by its own end, the client's, or the API's. */
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
    try {
      for await (const text of events(over.signal)) {
        if (!res.write(text)) await once(res, 'drain', { signal: over.signal });
      }
    } catch (error) {
      if (!over.signal.aborted) throw error;
    } finally {
      clearInterval(alive);
      open.delete(over);
    }
    res.end();
  }

  /** Ends all, without their `end`: the clients go on elsewhere. */
  function close(): void {
    closed = true;
    for (const over of open) over.abort();
  }
}
