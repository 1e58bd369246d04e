// Names of files as the kernel has them: bytes, and mostly UTF-8. What apps, builds and sources call their files is theirs
// to choose: a tree that they write in is walked by these, as the text of a name may lead to another file, or to none.
import { isUtf8 } from 'node:buffer';

const NOT_PLAIN = /[^\x20-\x5b\x5d-\x7e]/g;

export function pathBelow(folder: string | Buffer, name: Buffer): Buffer {
  const above = typeof folder === 'string' ? Buffer.from(folder) : folder;
  return Buffer.concat([above, Buffer.from('/'), name]);
}

/** Text as it is. In a name that isn't UTF-8, bytes outside of printable ASCII are shown as `\xff`. */
export function shownName(name: string | Buffer): string {
  if (typeof name === 'string' || isUtf8(name)) return name.toString();
  return name.toString('latin1').replace(NOT_PLAIN, escaped);
}

const escaped = (letter: string): string => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`;
