// A log as a stream: what it holds from where the caller wants it, then each line as it comes.
import type { LogSource, LogTail, PlacedLine } from './log-tails.js';
import type { LogFilter, LogLine } from './logs.js';
import { sseText } from './sse.js';

export interface LogStream {
  source: LogSource;
  tail: LogTail;
  /** Where to begin: a place that was given out, or what the filter says. Its `step` holds for all that follows. */
  lastId: string | undefined;
  filter: LogFilter;
  /** The data of `end`, once nothing more is written. A log without an end never says so. */
  ended: () => object | undefined;
  signal: AbortSignal;
}

/** Each text holds the events of one chunk. */
export async function* logEvents(stream: LogStream): AsyncGenerator<string> {
  const { source, tail, ended, signal } = stream;
  let { place, skip } = await beginning(stream);
  const wanted = chooser(stream.filter);
  for (;;) {
    signal.throwIfAborted(); // a long log may hold nothing that is wanted
    const end = ended(); // asked before the read: what was written until then is in it
    const { lines, next } = await (end ? source : tail).read(place);
    const chosen = lines.filter(wanted).slice(skip);
    skip = 0;
    const text = chosen.map((line) => eventOf(line)).join('');
    if (text !== '') yield text;
    const isAtEnd = next === place;
    place = next;
    if (!isAtEnd) continue;
    if (end) {
      yield sseText({ event: 'end', data: end });
      return;
    }
    await tail.next(signal);
  }
}

const eventOf = ({ place, line: { ts, step, stream, line } }: PlacedLine): string =>
  sseText({ id: place, event: 'log', data: { ts, step, stream, line } });

/** A place of the caller's counts before its filter: it has seen what comes before. */
async function beginning(stream: LogStream): Promise<{ place: string; skip: number }> {
  const { source, lastId, filter, signal } = stream;
  if (lastId !== undefined && source.isPlace(lastId)) return { place: lastId, skip: 0 };
  const start = typeof filter.since === 'number' ? source.atByte(filter.since) : source.start;
  if (filter.tail === undefined) return { place: start, skip: 0 };
  return lastLines(source, start, filter, signal);
}

/** Where the last so many lines begin: kept are the places of chunks, not the lines. */
async function lastLines(
  source: LogSource,
  start: string,
  filter: LogFilter,
  signal: AbortSignal,
): Promise<{ place: string; skip: number }> {
  const { tail = 0 } = filter;
  const wanted = chooser(filter);
  const chunks: { place: string; count: number }[] = [];
  let held = 0;
  for (let place = start; ;) {
    signal.throwIfAborted();
    const chunk = await source.read(place);
    const count = chunk.lines.filter(wanted).length;
    chunks.push({ place, count });
    held += count;
    for (let first = chunks[0]; first && chunks.length > 1 && held - first.count >= tail; first = chunks[0]) {
      chunks.shift();
      held -= first.count;
    }
    if (chunk.next === place) return { place: chunks[0]?.place ?? place, skip: Math.max(0, held - tail) };
    place = chunk.next;
  }
}

function chooser({ since, step }: LogFilter): (line: PlacedLine) => boolean {
  const from = typeof since === 'string' ? new Date(since).toISOString() : '';
  return ({ line }: { line: LogLine }) => line.ts >= from && (step === undefined || line.step === step);
}
