// The two FIFOs of a keeper: they show that it is alive, send it a stop, and report its end.
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** Writes to a FIFO that a process reads. Returns false without a reader: the keeper is dead, or never existed. */
export function writeIfRead(path: string, text: string): boolean {
  const file = openUnlessDead(path, constants.O_WRONLY | constants.O_NONBLOCK);
  if (file === undefined) return false;
  try {
    if (text !== '') writeSync(file, text);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EPIPE') return false; // it died between the two calls
    throw error;
  } finally {
    closeSync(file);
  }
}

/**
 * Calls `onEnd` once, when the last writer of the FIFO is gone; if it is gone already, soon after this call. Uses one
 * open file and no thread. Returns a function that ends the watching without a call.
 */
export function onceEnded(path: string, onEnd: () => void): () => void {
  const file = openUnlessDead(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (file === undefined || isEnded(file)) {
    if (file !== undefined) closeSync(file);
    const soon = setImmediate(onEnd);
    return () => {
      clearImmediate(soon);
    };
  }
  const socket = new Socket({ fd: file, readable: true, writable: false });
  socket.once('close', onEnd);
  socket.resume();
  return () => {
    socket.off('close', onEnd);
    socket.destroy();
  };
}

/** Returns true if the writer is gone. A FIFO opened afterwards shows no hang-up, but reads as ended. */
function isEnded(file: number): boolean {
  try {
    return readSync(file, Buffer.alloc(1)) === 0;
  } catch (error) {
    if (codeOf(error) === 'EAGAIN') return false;
    throw error;
  }
}

function openUnlessDead(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags);
  } catch (error) {
    if (['ENXIO', 'ENOENT'].includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
