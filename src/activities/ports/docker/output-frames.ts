// Reads the output of an attached container: frames with a header of 8 bytes (stream, length), and bytes of any length.
import type { OutputStream } from '../tools.js';

const HEADER_BYTES = 8;
const STDERR = 2;

export interface OutputRun {
  stream: OutputStream;
  bytes: Buffer;
}

/**
 * Takes the headers out. It joins the neighbouring frames of one stream, because a program that writes single bytes
 * makes thousands of frames in one chunk.
 */
export class OutputFrames {
  /** The begin of a header whose rest is in the next chunk. */
  #header = Buffer.alloc(0);
  #stream: OutputStream = 'stdout';
  /** The bytes of the current frame that have not arrived yet. */
  #leftBytes = 0;

  /** Returns the output in a chunk, in the order of its arrival. */
  push(chunk: Buffer): OutputRun[] {
    const runs: { stream: OutputStream; pieces: Buffer[] }[] = [];
    for (let start = 0; start < chunk.length;) {
      if (this.#leftBytes === 0) {
        start = this.#readHeader(chunk, start);
        continue;
      }
      const end = Math.min(chunk.length, start + this.#leftBytes);
      const piece = chunk.subarray(start, end);
      const last = runs.at(-1);
      if (last?.stream === this.#stream) last.pieces.push(piece);
      else runs.push({ stream: this.#stream, pieces: [piece] });
      this.#leftBytes -= piece.length;
      start = end;
    }
    return runs.map(({ stream, pieces }) => ({ stream, bytes: Buffer.concat(pieces) }));
  }

  /** Returns the position after the part of the header that the chunk has. */
  #readHeader(chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + HEADER_BYTES - this.#header.length);
    const header = Buffer.concat([this.#header, chunk.subarray(start, end)]);
    const isWhole = header.length === HEADER_BYTES;
    this.#header = isWhole ? Buffer.alloc(0) : header;
    if (!isWhole) return end;
    this.#stream = header[0] === STDERR ? 'stderr' : 'stdout';
    this.#leftBytes = header.readUInt32BE(4);
    return end;
  }
}
