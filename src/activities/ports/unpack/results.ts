// Turns the end of an unpacking child into results and errors.
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { SlipwayError } from '../../../contract/errors.js';
import { BrokenArchiveError } from '../tar.js';
import type { LeftOut, UnpackOrder, UnpackReport } from './messages.js';
import type { Copied, CopyPatience, UnpackPort } from './unpack-port.js';

export type UnpackEnd =
  | UnpackReport
  /** `limit` is the exceeded limit. */
  | { kind: 'over limit'; limit: string }
  | { kind: 'out of time' }
  /** The child died for no reason of the tar. */
  | { kind: 'died'; reason: string };

/** Throws the signal's reason, or the error of reading the tar. */
export type RunUnpack = (tar: Readable, order: UnpackOrder, patience: CopyPatience) => Promise<UnpackEnd>;

export const unpackBy = (run: RunUnpack): UnpackPort => ({
  async unpackArchive(path, into, signal) {
    const end = await run(createReadStream(path), { kind: 'archive', into }, { signal });
    if (end.kind !== 'over limit') return void leftOutOf(end);
    throw new SlipwayError('source_invalid', { text: 'source_invalid.unpack_limit', params: { what: end.limit } });
  },

  async unpackCopy(tar, root, into, patience = {}) {
    return copiedOf(await run(tar, { kind: 'copy', into, root }, patience));
  },
});

function copiedOf(end: UnpackEnd): Copied {
  const givenUp = reasonToGiveUp(end);
  if (givenUp !== undefined) return { givenUp };
  const { names, more } = leftOutOf(end);
  return { leftOut: names, ...(more > 0 && { moreLeftOut: more }) };
}

function reasonToGiveUp(end: UnpackEnd): string | undefined {
  if (end.kind === 'over limit') return end.limit;
  if (end.kind === 'out of time') return 'copying takes too long';
  if (end.kind === 'too large') return `${end.name} is larger than the whole disk`;
  return undefined;
}

function leftOutOf(end: UnpackEnd): LeftOut {
  if (end.kind === 'unpacked') return end.leftOut;
  if (end.kind === 'broken') throw new BrokenArchiveError(end.reason, { entry: end.entry });
  if (end.kind === 'failed') throw Object.assign(new Error(end.message), { code: end.code });
  throw died('reason' in end ? end.reason : end.kind);
}

/** Returns the error of a child that died for no reason of the archive. The step can be tried again. */
const died = (reason: string): SlipwayError =>
  new SlipwayError('internal', { text: 'internal.unpacker', params: { reason }, retryable: true });
