import { StringDecoder } from 'node:string_decoder';

/**
 * The characters of a line that are kept, as for apps, so that a tool which never ends its line can't fill the memory.
 */
const MAX_CHARACTERS = 64 * 1024;

/**
 * Splits a stream of bytes into complete lines. A line ends with `\n`, `\r\n`, or `\r` (of a progress bar). Blank lines
 * are left out. The work for a piece depends on the length of that piece only, because a tool may write single bytes.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  /** The line without an end yet. JavaScript appends to a text without copying it. */
  #open = '';

  push(chunk: Buffer): string[] {
    return this.#cut(this.#decoder.write(chunk));
  }

  /** Returns the last line if it has no end. */
  end(): string[] {
    return this.#cut(`${this.#decoder.end()}\n`);
  }

  #cut(text: string): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = nextEnd(text, start); end !== -1; end = nextEnd(text, start)) {
      this.#keep(text, start, end);
      if (this.#open.trim() !== '') lines.push(this.#open); // also leaves out the empty line inside `\r\n`
      this.#open = '';
      start = end + 1;
    }
    this.#keep(text, start, text.length);
    return lines;
  }

  #keep(text: string, start: number, end: number): void {
    const room = MAX_CHARACTERS - this.#open.length;
    this.#open += text.slice(start, Math.min(end, start + room));
  }
}

/**
 * Gives the lines of an output to `take` as they arrive. It reads on when `take` has resolved, so that a full pipe stops
 * the program that writes faster.
 */
export async function eachLines(
  output: AsyncIterable<Buffer>,
  take: (lines: readonly string[]) => Promise<void>,
): Promise<void> {
  const splitter = new LineSplitter();
  for await (const chunk of output) await takeSome(splitter.push(chunk), take);
  await takeSome(splitter.end(), take);
}

async function takeSome(lines: readonly string[], take: (lines: readonly string[]) => Promise<void>): Promise<void> {
  if (lines.length > 0) await take(lines);
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

function nextEnd(text: string, from: number): number {
  for (let i = from; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === LINE_FEED || code === CARRIAGE_RETURN) return i;
  }
  return -1;
}
