// Defines the messages between the worker and an unpacking child: the order is an argument, and each report is a line
// of JSON.

export type UnpackOrder =
  /** A gzip tar that was checked before. It is unpacked completely, or the order fails. */
  | { kind: 'archive'; into: string }
  /**
   * A plain tar from an engine. All entries that can be unpacked are unpacked. `root` is the single name at its top.
   */
  | { kind: 'copy'; into: string; root: string };

/** Entries that aren't in a copy: some names, escaped for people, and the number of further entries. */
export interface LeftOut {
  names: string[];
  more: number;
}

export type UnpackReport =
  /** Sent once, before the child reads a byte. */
  | { kind: 'ready' }
  | { kind: 'unpacked'; leftOut: LeftOut }
  /** A file is larger than the whole disk, so the entries after it can't be reached. */
  | { kind: 'too large'; name: string }
  /** The archive is broken, at `entry` if that is known. */
  | { kind: 'broken'; reason: string; entry?: string }
  /** Another failure, such as a full disk (`ENOSPC`). */
  | { kind: 'failed'; message: string; code?: string };
