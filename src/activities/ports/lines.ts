import { StringDecoder } from 'node:string_decoder';

/**
 * The characters of a line that are kept, as for apps, so that a tool which never ends its line can't fill the memory.
 */
const MAX_CHARACTERS = 64 * 1024;

/** Splits a stream of bytes into complete lines. A line ends with `\n`, `\r\n`, or `\r` (of a progress bar). */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  push(chunk: Buffer): string[] {
    return this.#cut(this.#decoder.write(chunk));
  }

  /** Returns the last line if it has no end. */
  end(): string[] {
    const lines = this.#cut(this.#decoder.end());
    const last = this.#rest.replace(/\r$/, '');
    if (last !== '') lines.push(last);
    this.#rest = '';
    return lines;
  }

  #cut(text: string): string[] {
    const all = this.#rest + text;
    const lines: string[] = [];
    let start = 0;
    for (let end = nextEnd(all, start); end !== -1; end = nextEnd(all, start)) {
      if (all[end] === '\r' && end === all.length - 1) break; // its `\n` may follow in the next chunk
      const line = all.slice(start, end);
      if (end > start && line.trim() !== '') lines.push(line);
      start = end + (all.startsWith('\r\n', end) ? 2 : 1);
    }
    this.#rest = all.slice(start, start + MAX_CHARACTERS);
    return lines;
  }
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
