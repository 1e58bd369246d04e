// A log as a stream: what it holds from where the caller wants it, then each line as it comes.
import type { LogChunk, LogSource, LogTail, PlacedLine } from './log-tails.js';
import type { LogFilter, LogLine } from './logs.js';
import { sseText } from './sse.js';

/** More than most ask for. */
const FIRST_LOOK_BYTES = 64 * 1024;
const LOOK_FURTHER = 8;

/** Where to read from, and how many of the lines there are not wanted yet. */
interface Beginning {
  place: string;
  skip: number;
}

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

/** Resolves when it is found where to begin: what is written from then on is told. Each text holds the events of one chunk. */
export async function logEvents(stream: LogStream): Promise<AsyncGenerator<Buffer | string>> {
  return eventsFrom(await beginning(stream), stream);
}

async function* eventsFrom(
  { place, skip }: Beginning,
  { source, tail, filter, ended, signal }: LogStream,
): AsyncGenerator<Buffer | string> {
  const wanted = chooser(filter);
  for (;;) {
    signal.throwIfAborted(); // a long log may hold nothing that is wanted
    const end = ended(); // asked before the read: what was written until then is in it
    const chunk = await (end ? source : tail).read(place);
    const chosen = chunk.lines.filter(wanted).slice(skip);
    skip = 0;
    if (chosen.length > 0) yield chosen.length === chunk.lines.length ? wholeText(chunk) : textOf(chosen);
    const isAtEnd = chunk.next === place;
    place = chunk.next;
    if (!isAtEnd) continue;
    if (end) {
      yield sseText({ event: 'end', data: end });
      return;
    }
    await tail.next(signal);
  }
}

/** Made once for all who are sent the same chunk: their sockets share its bytes. */
function wholeText(chunk: LogChunk): Buffer {
  const text = wholeTexts.get(chunk) ?? textOf(chunk.lines);
  wholeTexts.set(chunk, text);
  return text;
}

const wholeTexts = new WeakMap<LogChunk, Buffer>();

const textOf = (lines: readonly PlacedLine[]): Buffer => Buffer.from(lines.map((line) => eventOf(line)).join(''));

const eventOf = ({ place, line: { ts, step, stream, line } }: PlacedLine): string =>
  sseText({ id: place, event: 'log', data: { ts, step, stream, line } });

/** A place of the caller's counts before its filter: it has seen what comes before. */
async function beginning(stream: LogStream): Promise<Beginning> {
  const { source, lastId, filter, signal } = stream;
  if (lastId !== undefined && source.isPlace(lastId)) return { place: lastId, skip: 0 };
  const start = typeof filter.since === 'number' ? source.atByte(filter.since) : source.start;
  if (filter.tail === undefined) return { place: start, skip: 0 };
  return lastLines(source, start, filter, signal);
}

/** Read near the end first, as a log may be long; from further back while there are too few. */
async function lastLines(source: LogSource, start: string, filter: LogFilter, signal: AbortSignal): Promise<Beginning> {
  const { tail = 0, since } = filter;
  if (typeof since === 'number') return (await countBack(source, start, filter, signal)).beginning;
  for (let bytes = FIRST_LOOK_BYTES; ; bytes *= LOOK_FURTHER) {
    const from = await source.nearEnd(bytes);
    const { beginning, count } = await countBack(source, from, filter, signal);
    if (count >= tail || from === source.start) return beginning;
  }
}

/** Where the last lines after `from` begin: kept are the places of the chunks that hold them, not the lines. */
async function countBack(
  source: LogSource,
  from: string,
  filter: LogFilter,
  signal: AbortSignal,
): Promise<{ beginning: Beginning; count: number }> {
  const { tail = 0 } = filter;
  const wanted = chooser(filter);
  const chunks: { place: string; count: number }[] = [];
  let held = 0;
  for (let place = from; ;) {
    signal.throwIfAborted();
    const chunk = await source.read(place);
    const count = chunk.lines.filter(wanted).length;
    if (count > 0) chunks.push({ place, count });
    held += count;
    for (let first = chunks[0]; first && held - first.count >= tail; first = chunks[0]) {
      chunks.shift();
      held -= first.count;
    }
    if (chunk.next === place)
      return { beginning: { place: chunks[0]?.place ?? place, skip: Math.max(0, held - tail) }, count: held };
    place = chunk.next;
  }
}

function chooser({ since, step }: LogFilter): (line: PlacedLine) => boolean {
  const from = typeof since === 'string' ? new Date(since).toISOString() : '';
  return ({ line }: { line: LogLine }) => line.ts >= from && (step === undefined || line.step === step);
}
