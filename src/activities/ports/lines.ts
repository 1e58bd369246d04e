import { StringDecoder } from 'node:string_decoder';

/** Characters of one line that are kept: a tool that never ends its line must not fill the memory. */
const MAX_CHARACTERS = 1024 * 1024;

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
    const parts = (this.#rest + text).split(/\r\n|[\n\r](?!$)|\n/);
    this.#rest = (parts.pop() ?? '').slice(0, MAX_CHARACTERS);
    return parts.filter((line) => line.trim() !== '');
  }
}
