// The log of one of Slipway's processes, on its stdout. A disk that takes nothing costs lines, never the process.
import { writeSync } from 'node:fs';
import { pino, stdSerializers, type DestinationStream, type LevelWithSilent, type Logger } from 'pino';

const STDOUT = 1;
/** How long a full pipe's reader is waited for, and in what steps: nothing else of the process runs meanwhile. */
const FULL_PIPE_MS = 200;
const STEP_MS = 2;

/** pino writes the `err` of a line so by itself. Workflows and activities name theirs `error`, as JSON an empty object. */
const SERIALIZERS = { error: stdSerializers.err };

export interface ProcessLog {
  log: Logger;
  /** How many lines were lost since the start. */
  lostLines: () => number;
}

export function openProcessLog(
  level: LevelWithSilent,
  part: string,
  write: (text: Buffer) => number = (text) => writeSync(STDOUT, text),
): ProcessLog {
  // What others print (a warning of Node's) fails in the same way, and unheard would end the process.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const destination = createLogDestination((text) => writeToPipe(write, text));
  const log = pino({ level, base: { part }, serializers: SERIALIZERS }, destination);
  return { log, lostLines: destination.lostLines };
}

/**
 * Waits for the reader of a full pipe, as a file would be waited for: Node makes the descriptor of a pipe one that
 * refuses instead (EAGAIN). Throws after `FULL_PIPE_MS` without progress.
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
 * Drops and counts the lines that can't be written. pino's own destination tries a line again without an end while the
 * disk is full, and nothing else of the process runs meanwhile. `write` returns how many bytes were taken.
 */
export function createLogDestination(write: (text: Buffer) => number): DestinationStream & { lostLines: () => number } {
  let lost = 0;
  let untold = 0;
  /** Whether the last line was cut: a disk may take a part of one. */
  let isCut = false;

  const tryWrite = (text: string): boolean => {
    let rest = Buffer.from(isCut ? `\n${text}` : text);
    const { length } = rest;
    try {
      while (rest.length > 0) rest = rest.subarray(write(rest));
      isCut = false;
      return true;
    } catch {
      isCut ||= rest.length < length; // why it failed could only be logged
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
