// What the end of an unpacking means to those who asked for it.
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { SlipwayError } from '../../../contract/errors.js';
import { BrokenArchiveError } from '../tar.js';
import type { LeftOut, UnpackOrder, UnpackReport } from './messages.js';
import type { Copied, CopyPatience, UnpackPort } from './unpack-port.js';

export type UnpackEnd =
  | UnpackReport
  /** `limit` names the one that it exceeded. */
  | { kind: 'over limit'; limit: string }
  | { kind: 'out of time' }
  /** For no reason of the tar's. */
  | { kind: 'died'; reason: string };

/** Throws the signal's reason, and what reading the tar fails with. */
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

/** No archive's and no app's doing: the step may be tried again. */
const died = (reason: string): SlipwayError =>
  new SlipwayError('internal', { text: 'internal.unpacker', params: { reason }, retryable: true });
