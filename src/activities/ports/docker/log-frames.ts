// Reads the engine's multiplexed log stream: frames with a header of 8 bytes (stream, length) and one message, which
// starts with a time.
import type { AppLine } from '../instance-log.js';

const HEADER_BYTES = 8;
const STDERR = 2;
/** A longer line is cut, so that an app which never ends its line can't fill the memory. */
const LINE_CHARACTERS = 64 * 1024;

/**
 * Masks secrets in a text. `longest` is the length of the longest secret: the end of a cut line may contain a part of
 * it.
 */
export interface Masking {
  mask: (text: string) => string;
  longest: number;
}

/** Joins frames into masked lines. The engine cuts long lines into several messages, each with its own time. */
export class LogFrames {
  #rest = Buffer.alloc(0);
  readonly #open: Record<AppLine['stream'], { ts: string; text: string } | undefined> = {
    stdout: undefined,
    stderr: undefined,
  };

  constructor(readonly masking: Masking) {}

  /** Returns the lines that a chunk of the stream completes. */
  push(chunk: Buffer): AppLine[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const lines: AppLine[] = [];
    while (this.#rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + this.#rest.readUInt32BE(4);
      if (this.#rest.length < end) break;
      const stream = this.#rest[0] === STDERR ? 'stderr' : 'stdout';
      lines.push(...this.#message(stream, this.#rest.toString('utf8', HEADER_BYTES, end)));
      this.#rest = this.#rest.subarray(end);
    }
    return lines;
  }

  /** Returns the output after the last line end. */
  end(): AppLine[] {
    const streams = ['stdout', 'stderr'] as const;
    return streams.flatMap((stream) => {
      const open = this.#open[stream];
      this.#open[stream] = undefined;
      return open && open.text !== '' ? [{ ts: open.ts, stream, line: this.masking.mask(open.text) }] : [];
    });
  }

  #message(stream: AppLine['stream'], message: string): AppLine[] {
    const space = message.indexOf(' ');
    const ts = message.slice(0, space);
    const open = this.#open[stream] ?? { ts, text: '' };
    const text = open.text + message.slice(space + 1);
    if (text.endsWith('\n')) {
      this.#open[stream] = undefined;
      return [{ ts, stream, line: this.masking.mask(text.replace(/\r?\n$/, '')) }];
    }
    const { line, rest } = this.#cut(text);
    this.#open[stream] = { ts: open.ts, text: rest };
    return line === '' ? [] : [{ ts: open.ts, stream, line }];
  }

  #cut(text: string): { line: string; rest: string } {
    if (text.length < LINE_CHARACTERS) return { line: '', rest: text };
    const masked = this.masking.mask(text);
    const end = Math.max(0, masked.length - this.masking.longest);
    return { line: masked.slice(0, end), rest: masked.slice(end) };
  }
}
