// A client of event streams, with a parser that is none of ours. Reads, stops reading, and cuts when told.
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';

export interface SseEvent<T = Record<string, unknown>> {
  id: string | undefined;
  event: string | undefined;
  data: T;
  /** When it came, by this process's clock. */
  atMs: number;
}

export interface SseOptions<T> {
  key: string;
  lastId?: string;
  headers?: Record<string, string>;
  /** Cuts the connection with the event for which this is true; what was sent after it is not read. */
  until?: (events: readonly SseEvent<T>[]) => boolean;
}

export interface SseStream<T> {
  events: SseEvent<T>[];
  comments: string[];
  status: number;
  headers: IncomingHttpHeaders;
  /** What was answered instead of a stream. */
  text: string;
  /** Resolves when the connection is over, whoever ended it. */
  over: Promise<void>;
  cut(): void;
}

/** Resolves with the answer's head. */
export function openSse<T = Record<string, unknown>>(url: string, options: SseOptions<T>): Promise<SseStream<T>> {
  const { key, lastId, headers, until = () => false } = options;
  return new Promise((resolve, reject) => {
    const call = request(url, {
      agent: false,
      headers: {
        Authorization: `Bearer ${key}`,
        Accept: 'text/event-stream',
        ...(lastId !== undefined && { 'Last-Event-ID': lastId }),
        ...headers,
      },
    });
    call.once('error', reject);
    call.once('response', (response) => {
      const stream: SseStream<T> = {
        events: [],
        comments: [],
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: '',
        over: new Promise((over) => response.once('close', over)),
        cut: () => response.destroy(),
      };
      response.on('error', () => undefined); // the API went away: `over` tells
      read(response, stream, until);
      resolve(stream);
    });
    call.end();
  });
}

function read<T>(response: IncomingMessage, stream: SseStream<T>, until: NonNullable<SseOptions<T>['until']>): void {
  let isCut = false;
  const parser = createParser({
    onEvent({ id, event, data }) {
      if (isCut) return;
      stream.events.push({ id, event, data: JSON.parse(data) as T, atMs: Date.now() });
      isCut = until(stream.events);
      if (isCut) response.destroy();
    },
    onComment: (comment) => stream.comments.push(comment),
  });
  const isStream = response.headers['content-type']?.startsWith('text/event-stream') === true;
  response.setEncoding('utf8').on('data', (text: string) => {
    if (isStream) parser.feed(text);
    else stream.text += text;
  });
}

/** The whole stream, to its end. */
export async function readSse<T = Record<string, unknown>>(
  url: string,
  options: SseOptions<T>,
): Promise<SseEvent<T>[]> {
  const stream = await openSse(url, options);
  if (stream.status !== 200) throw new Error(`${url} answered ${stream.status}`);
  await stream.over;
  return stream.events;
}

/** Asks for a stream and never reads: its socket fills up. Resolves with how to cut it. */
export function stallSse(url: string, key: string, accept = 'text/event-stream'): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${key}`, Accept: accept };
    const call = request(url, { agent: false, headers });
    call.once('error', reject);
    call.once('response', (response) => {
      response.on('error', () => undefined); // it is cut in the end
      response.socket.pause();
      resolve(() => response.destroy());
    });
    call.end();
  });
}
