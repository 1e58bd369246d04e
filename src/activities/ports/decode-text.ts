// The text of a project's file, in the encodings that editors and shells of other systems write. Pure.
import { SlipwayError } from '../../contract/errors.js';

/** Byte order marks, which say how a file is encoded. */
const MARKS: readonly { encoding: 'utf-8' | 'utf-16le' | 'utf-16be'; bytes: readonly number[] }[] = [
  { encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
];
/** The engine itself reads these, and takes any bytes in comments. */
const READ_BY_ENGINE: readonly string[] = ['Dockerfile', '.dockerignore'];

/** Without the mark. UTF-8 where there is none. Throws `source_invalid` for what is neither that nor UTF-16. */
export function decodeText(path: string, bytes: Uint8Array): string {
  const mark = MARKS.find((one) => one.bytes.every((byte, at) => bytes[at] === byte));
  const isLenient = READ_BY_ENGINE.includes(path);
  try {
    return new TextDecoder(mark?.encoding ?? 'utf-8', { fatal: !isLenient }).decode(bytes);
  } catch (cause) {
    throw new SlipwayError('source_invalid', { text: 'source_invalid.encoding', params: { path }, cause });
  }
}
