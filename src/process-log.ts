// The log of a Slipway process, on its stdout. If the disk is full, lines are lost but the process continues.
import { writeSync } from 'node:fs';
import { pino, stdSerializers, type DestinationStream, type LevelWithSilent, type Logger } from 'pino';

const STDOUT = 1;
/**
 * The longest wait for the reader of a full pipe, and the interval of retries. The process is blocked during this time.
 */
const FULL_PIPE_MS = 200;
const STEP_MS = 2;

/**
 * pino formats the field `err` itself. Workflows and activities use `error`, which would be an empty object in JSON.
 */
const SERIALIZERS = { error: stdSerializers.err };

export interface ProcessLog {
  log: Logger;
  /** Returns the number of lines lost since the start. */
  lostLines: () => number;
}

export function openProcessLog(
  level: LevelWithSilent,
  part: string,
  write: (text: Buffer) => number = (text) => writeSync(STDOUT, text),
): ProcessLog {
  // Other output, such as Node's warnings, can fail in the same way. Without a listener, the error would end the
  // process.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const destination = createLogDestination((text) => writeToPipe(write, text));
  const log = pino({ level, base: { part }, serializers: SERIALIZERS }, destination);
  return { log, lostLines: destination.lostLines };
}

/**
 * Writes to a pipe, and waits for the reader if the pipe is full. Node sets pipes to non-blocking, so the write fails
 * with EAGAIN. Throws after `FULL_PIPE_MS` without progress.
 */
export function writeToPipe(write: (text: Buffer) => number, text: Buffer): number {
  for (let waitedMs = 0; ; waitedMs += STEP_MS) {
    try {
      return write(text);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || waitedMs >= FULL_PIPE_MS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STEP_MS);
    }
  }
}

/**
 * Drops and counts the lines that can't be written. pino's own destination retries without limit while the disk is
 * full, which blocks the process. `write` returns the number of bytes written.
 */
export function createLogDestination(write: (text: Buffer) => number): DestinationStream & { lostLines: () => number } {
  let lost = 0;
  let untold = 0;
  /** True if the last line was truncated, because a disk may accept only part of a line. */
  let isCut = false;

  const tryWrite = (text: string): boolean => {
    let rest = Buffer.from(isCut ? `\n${text}` : text);
    const { length } = rest;
    try {
      while (rest.length > 0) rest = rest.subarray(write(rest));
      isCut = false;
      return true;
    } catch {
      isCut ||= rest.length < length; // the reason could only be logged
      return false;
    }
  };

  return {
    lostLines: () => lost,
    write(line) {
      const words = { level: 40, time: Date.now(), lostLines: untold, msg: 'lines of this log were lost here' };
      const isTold = untold === 0 || tryWrite(`${JSON.stringify(words)}\n`);
      if (isTold) untold = 0;
      if (isTold && tryWrite(line)) return;
      lost += 1;
      untold += 1;
    },
  };
}
