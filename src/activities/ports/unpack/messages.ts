// What the worker and a child that unpacks exchange: the order as an argument, reports as a JSON document a line.

export type UnpackOrder =
  /** A gzip tar that was judged before, whole or not at all. */
  | { kind: 'archive'; into: string }
  /** A plain tar of an engine's: all of it that can be unpacked. `root` is the one name at its top. */
  | { kind: 'copy'; into: string; root: string };

/** What is not in a copy: some of the names, as people read them, and how many more there are. */
export interface LeftOut {
  names: string[];
  more: number;
}

export type UnpackReport =
  /** Sent once, before a byte is read. */
  | { kind: 'ready' }
  | { kind: 'unpacked'; leftOut: LeftOut }
  /** A file that is larger than the whole disk: what comes after it is out of reach. */
  | { kind: 'too large'; name: string }
  /** The archive itself is broken, `entry` of it where that is known. */
  | { kind: 'broken'; reason: string; entry?: string }
  /** Anything else, such as a full disk (`ENOSPC`). */
  | { kind: 'failed'; message: string; code?: string };
