// File names as bytes, as in the kernel. Apps, builds and sources choose their file names, which may not be UTF-8.
// Walks of their folders use bytes, because the decoded name could refer to another file or to none.
import { isUtf8 } from 'node:buffer';

const NOT_PLAIN = /[^\x20-\x5b\x5d-\x7e]/g;

export function pathBelow(folder: string | Buffer, name: Buffer): Buffer {
  const above = typeof folder === 'string' ? Buffer.from(folder) : folder;
  return Buffer.concat([above, Buffer.from('/'), name]);
}

/** Formats a name for display. In a name that isn't UTF-8, bytes that aren't printable ASCII become `\xff`. */
export function shownName(name: string | Buffer): string {
  if (typeof name === 'string' || isUtf8(name)) return name.toString();
  return name.toString('latin1').replace(NOT_PLAIN, escaped);
}

const escaped = (letter: string): string => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`;
