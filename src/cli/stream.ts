// Server-sent events that outlive a lost connection: taken up after the last one that came (contract §5).
import { setTimeout as delay } from 'node:timers/promises';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { Client, Query } from './client.js';
import { CliError, isRefused, Refused, reasonOf } from './errors.js';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;
/** A restart of Slipway takes seconds; what is away for longer is not coming back by itself. */
const GIVE_UP_MS = 60_000;

export interface Followed<T> {
  event: string;
  data: T;
}

export interface FollowOptions {
  query?: Query;
  signal: AbortSignal;
  /** Told at each connection. */
  opened?: () => void;
  /** Told once for each connection that was lost. */
  lost?: () => void;
}

/** Ends with the stream's own `end`, which is the last that it yields, or when `signal` says so. */
export async function* follow<T>(
  client: Client,
  path: string,
  { query, signal, opened, lost }: FollowOptions,
): AsyncGenerator<Followed<T>> {
  let lastId: string | undefined;
  let waitMs = FIRST_WAIT_MS;
  let downSinceMs: number | undefined;
  for (;;) {
    let isLost = true;
    try {
      const headers = { Accept: 'text/event-stream', ...(lastId !== undefined && { 'Last-Event-ID': lastId }) };
      const answer = await client.open(path, { query, headers, signal });
      opened?.();
      downSinceMs = undefined;
      waitMs = FIRST_WAIT_MS;
      for await (const { event = 'message', id, data } of messages(answer)) {
        lastId = id ?? lastId;
        if (event === 'refused') {
          isLost = false; // let go: coming back tells why
          break;
        }
        yield { event, data: JSON.parse(data) as T };
        if (event === 'end') return;
      }
    } catch (error) {
      if (signal.aborted) return;
      // A refusal is the answer, unless it is that of a Slipway on its way up.
      if (error instanceof Refused && !isRefused(error, 'temporal_unavailable', 'rate_limited')) throw error;
      if (downSinceMs !== undefined && Date.now() - downSinceMs > GIVE_UP_MS)
        throw new CliError('lost', { url: client.url, reason: reasonOf(error) }, error);
    }
    if (isLost && downSinceMs === undefined) lost?.();
    downSinceMs ??= Date.now();
    if (!(await waited(waitMs, signal))) return;
    waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
  }
}

async function* messages(answer: Response): AsyncGenerator<EventSourceMessage> {
  let come: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => come.push(message) });
  const text = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    parser.feed(text.decode(chunk as Uint8Array, { stream: true }));
    const these = come;
    come = [];
    yield* these;
  }
}

/** False when the wait was broken off. */
async function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  await delay(ms, undefined, { signal }).catch(() => undefined); // broken off: `signal` tells
  return !signal.aborted;
}
