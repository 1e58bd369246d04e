// Reads the last lines of a log from its end, up to the size limit of a response.
import { open } from 'node:fs/promises';
import { ifThere } from '../files.js';
import { parseLine, type LogLine } from './logs.js';

/**
 * The size limit of a response: about 20,000 typical lines. A line can have 64 KiB, so a limit on the number of lines
 * alone could exhaust the API's memory.
 */
export const MOST_TAIL_BYTES = 2 * 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;
const LINE_FEED = 10;

export interface LogEnd {
  lines: LogLine[];
  /** True if earlier lines were requested but didn't fit. */
  isCut: boolean;
}

export interface EndWanted {
  count: number;
  /** The offset in the first file at which the search ends. */
  start: number;
  isWanted: (line: LogLine) => boolean;
}

/** Returns the last lines. `files` are ordered oldest first. A missing file has no lines. */
export async function readLogEnd(files: readonly string[], { count, start, isWanted }: EndWanted): Promise<LogEnd> {
  const last: LogLine[] = [];
  let bytes = 0;
  for (const file of files.toReversed()) {
    for await (const text of linesBackwards(file, file === files[0] ? start : 0)) {
      if (last.length >= count) return { lines: last.reverse(), isCut: false };
      const line = text === 'too long' ? text : parseLine(text.toString('utf8'));
      if (line === undefined || (line !== 'too long' && !isWanted(line))) continue;
      bytes += text.length;
      if (line === 'too long' || bytes > MOST_TAIL_BYTES) return { lines: last.reverse(), isCut: true };
      last.push(line);
    }
  }
  return { lines: last.reverse(), isCut: false };
}

/**
 * Returns the lines from the last to the first that ends after `start`. The text after the last newline counts as a
 * line and may be truncated.
 */
async function* linesBackwards(path: string, start: number): AsyncGenerator<Buffer | 'too long'> {
  const file = await ifThere(open(path));
  if (!file) return;
  try {
    let at = (await file.stat()).size;
    let pieces: Buffer[] = []; // the parts of the line whose start wasn't read yet, last part first
    let held = 0;
    while (at > start) {
      const length = Math.min(BLOCK_BYTES, at - start);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at - length);
      at -= length;
      let rest = buffer.subarray(0, bytesRead);
      for (let end = rest.lastIndexOf(LINE_FEED); end !== -1; end = rest.lastIndexOf(LINE_FEED)) {
        yield Buffer.concat([rest.subarray(end + 1), ...pieces.reverse()]);
        pieces = [];
        held = 0;
        rest = rest.subarray(0, end);
      }
      pieces.push(rest);
      held += rest.length;
      if (held > MOST_TAIL_BYTES) yield 'too long';
    }
    yield Buffer.concat(pieces.reverse());
  } finally {
    await file.close();
  }
}
