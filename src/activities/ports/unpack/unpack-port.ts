import type { Readable } from 'node:stream';

export interface CopyMade {
  /** Entries that aren't in the copy: links that lead out of it, and entries that can't be unpacked. */
  leftOut: string[];
  /** The number of further entries without a name here. */
  moreLeftOut?: number;
}

/** Nothing was copied, with the reason. Another try would have the same end. */
export interface CopyGivenUp {
  givenUp: string;
}

export type Copied = CopyMade | CopyGivenUp;

export interface CopyPatience {
  /** Ends the copy with an error. */
  signal?: AbortSignal;
  /** Ends the copy as given up. */
  patience?: AbortSignal;
}

/** Unpacks tars from other people in a process with limits. The target folders must exist. */
export interface UnpackPort {
  /**
   * Unpacks a gzip tar that was checked before. Throws BrokenArchiveError, `source_invalid` if the tar exceeds a limit
   * of memory or CPU time, errors of the host with their code, and the signal's reason. After an error, a part of the
   * tar can be in the folder.
   */
  unpackArchive(path: string, into: string, signal: AbortSignal): Promise<void>;
  /**
   * Unpacks a plain tar from an engine, with a single name at its top. Throws `ENOSPC` before it writes a file that
   * would fill the disk.
   */
  unpackCopy(tar: Readable, root: string, into: string, patience?: CopyPatience): Promise<Copied>;
}
