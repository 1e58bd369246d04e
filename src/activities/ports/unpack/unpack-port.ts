import type { Readable } from 'node:stream';

export type Copied =
  | {
      /** Links that lead out of what was copied, and what can't be unpacked: they are not in the copy. */
      leftOut: string[];
      /** How many more there are that have no name here. */
      moreLeftOut?: number;
    }
  /** Nothing was copied, and why: another try would end the same way. */
  | { givenUp: string };

export interface CopyPatience {
  /** Ends the copy with an error. */
  signal?: AbortSignal;
  /** Ends it as given up. */
  patience?: AbortSignal;
}

/** Unpacks what strangers have packed, in a process with limits. Folders that it writes into are there before. */
export interface UnpackPort {
  /**
   * A gzip tar, judged before. Throws BrokenArchiveError, `source_invalid` when it takes more memory or processor time than
   * allowed, errors of the host with their code, and the signal's reason. Then a part of it may be there.
   */
  unpackArchive(path: string, into: string, signal: AbortSignal): Promise<void>;
  /**
   * A plain tar of an engine's, with one name at its top. Throws `ENOSPC` before a file is written that would fill the disk.
   */
  unpackCopy(tar: Readable, root: string, into: string, patience?: CopyPatience): Promise<Copied>;
}
