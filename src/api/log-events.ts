// Streams a log: the existing lines from the requested position, then each new line.
import type { LogChunk, LogSource, LogTail, PlacedLine } from './log-tails.js';
import type { LogFilter, LogLine } from './logs.js';
import { sseText } from './sse.js';

/** Covers most requests. */
const FIRST_LOOK_BYTES = 64 * 1024;
const LOOK_FURTHER = 8;

/** The position to read from, and the number of wanted lines to skip there. */
interface Beginning {
  place: string;
  skip: number;
}

export interface LogStream {
  source: LogSource;
  tail: LogTail;
  /**
   * The position from `Last-Event-ID`. Without it, the filter decides where to start. The filter's `step` applies to
   * the whole stream.
   */
  lastId: string | undefined;
  filter: LogFilter;
  /** Returns the data of the `end` event when the log is complete. Logs without an end never return an event. */
  ended: () => object | undefined;
  signal: AbortSignal;
}

/**
 * Resolves when the start position is found. The stream includes everything that is written after that. Each text has
 * the events of one chunk.
 */
export async function logEvents(stream: LogStream): Promise<AsyncGenerator<Buffer | string>> {
  return eventsFrom(await beginning(stream), stream);
}

async function* eventsFrom(
  { place, skip }: Beginning,
  { source, tail, filter, ended, signal }: LogStream,
): AsyncGenerator<Buffer | string> {
  const wanted = chooser(filter);
  for (;;) {
    signal.throwIfAborted(); // a long log may have no wanted lines
    const end = ended(); // checked before the read, so that the read includes everything written until then
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

/** Builds the text of a chunk once, so that all sockets share its bytes. */
function wholeText(chunk: LogChunk): Buffer {
  const text = wholeTexts.get(chunk) ?? textOf(chunk.lines);
  wholeTexts.set(chunk, text);
  return text;
}

const wholeTexts = new WeakMap<LogChunk, Buffer>();

const textOf = (lines: readonly PlacedLine[]): Buffer => Buffer.from(lines.map((line) => eventOf(line)).join(''));

const eventOf = ({ place, line: { ts, step, stream, line } }: PlacedLine): string =>
  sseText({ id: place, event: 'log', data: { ts, step, stream, line } });

/**
 * Finds the start position. A position from the caller takes precedence over the filter, because the caller already has
 * the earlier lines.
 */
async function beginning(stream: LogStream): Promise<Beginning> {
  const { source, lastId, filter, signal } = stream;
  if (lastId !== undefined && source.isPlace(lastId)) return { place: lastId, skip: 0 };
  const start = typeof filter.since === 'number' ? source.atByte(filter.since) : source.start;
  if (filter.tail === undefined) return { place: start, skip: 0 };
  return lastLines(source, start, filter, signal);
}

/**
 * Finds the last wanted lines. Starts near the end, because a log may be long, and goes further back until there are
 * enough lines.
 */
async function lastLines(source: LogSource, start: string, filter: LogFilter, signal: AbortSignal): Promise<Beginning> {
  const { tail = 0, since } = filter;
  if (typeof since === 'number') return (await countBack(source, start, filter, signal)).beginning;
  for (let bytes = FIRST_LOOK_BYTES; ; bytes *= LOOK_FURTHER) {
    const from = await source.nearEnd(bytes);
    const { beginning, count } = await countBack(source, from, filter, signal);
    if (count >= tail || from === source.start) return beginning;
  }
}

/** Finds the start of the last wanted lines after `from`. Keeps only the positions of chunks, not the lines. */
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
