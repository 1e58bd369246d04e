import { StringDecoder } from 'node:string_decoder';

/** Characters of one line that are kept, as of apps: a tool that never ends its line must not fill the memory. */
const MAX_CHARACTERS = 64 * 1024;

/** Cuts a stream of bytes into whole lines; a line ends with `\n`, `\r\n`, or `\r` (a progress bar's). */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  push(chunk: Buffer): string[] {
    return this.#cut(this.#decoder.write(chunk));
  }

  /** The last line, when it had no end of its own. */
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
      if (all[end] === '\r' && end === all.length - 1) break; // its `\n` may come yet
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
