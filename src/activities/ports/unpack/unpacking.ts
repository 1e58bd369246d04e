// Does the work of the unpacking child. It blocks its process for each entry, so the worker must never run it.
import type { Readable } from 'node:stream';
import { BrokenArchiveError, unpackArchive } from '../tar.js';
import { FileTooLarge, unpackCopy } from './copied.js';
import type { LeftOut, UnpackOrder, UnpackReport } from './messages.js';

/** Unpacks a tar. Every end is a report, also an error. */
export async function unpack(tar: Readable, order: UnpackOrder): Promise<UnpackReport> {
  try {
    return { kind: 'unpacked', leftOut: await unpackAs(tar, order) };
  } catch (error) {
    return failureOf(error);
  }
}

async function unpackAs(tar: Readable, order: UnpackOrder): Promise<LeftOut> {
  if (order.kind === 'copy') return unpackCopy(tar, order);
  await unpackArchive(tar, order.into);
  return { names: [], more: 0 };
}

function failureOf(error: unknown): UnpackReport {
  if (error instanceof FileTooLarge) return { kind: 'too large', name: error.file };
  if (error instanceof BrokenArchiveError) {
    return { kind: 'broken', reason: error.message, entry: error.facts.entry };
  }
  const { message, code } = error as NodeJS.ErrnoException;
  return { kind: 'failed', message, code };
}
