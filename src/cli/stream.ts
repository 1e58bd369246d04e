// Follows server-sent events. After a lost connection, reconnects and resumes after the last event.
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { Backoff } from '../waiting.js';
import type { Client, Query } from './client.js';
import { CliError, isRefused, Refused, reasonOf } from './errors.js';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;
/** The time after which reconnecting stops. A restart of Slipway takes only seconds. */
const GIVE_UP_MS = 60_000;

export interface Followed<T> {
  event: string;
  data: T;
}

export interface FollowOptions {
  query?: Query;
  signal: AbortSignal;
  /** Called at each connection. */
  opened?: () => void;
  /** Called once for each lost connection. */
  lost?: () => void;
}

/** Follows a stream until its `end` event, which is the last event, or until `signal` aborts. */
export async function* follow<T>(
  client: Client,
  path: string,
  { query, signal, opened, lost }: FollowOptions,
): AsyncGenerator<Followed<T>> {
  let lastId: string | undefined;
  const backoff = new Backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS);
  let downSinceMs: number | undefined;
  for (;;) {
    let isLost = true;
    try {
      const headers = { Accept: 'text/event-stream', ...(lastId !== undefined && { 'Last-Event-ID': lastId }) };
      const answer = await client.open(path, { query, headers, signal });
      opened?.();
      downSinceMs = undefined;
      backoff.reset();
      for await (const { event = 'message', id, data } of messages(answer)) {
        lastId = id ?? lastId;
        if (event === 'refused') {
          isLost = false; // permission lost: the next request returns the error
          break;
        }
        yield { event, data: JSON.parse(data) as T };
        if (event === 'end') return;
      }
    } catch (error) {
      if (signal.aborted) return;
      // An error response is final, unless Slipway is just starting or limits the rate.
      if (error instanceof Refused && !isRefused(error, 'temporal_unavailable', 'rate_limited')) throw error;
      if (downSinceMs !== undefined && Date.now() - downSinceMs > GIVE_UP_MS)
        throw new CliError('lost', { url: client.url, reason: reasonOf(error) }, error);
    }
    if (isLost && downSinceMs === undefined) lost?.();
    downSinceMs ??= Date.now();
    if (!(await backoff.passed(signal))) return;
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
