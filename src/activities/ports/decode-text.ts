// The text of a project's file, in the encodings that editors and shells of other systems write. Pure.
import { SlipwayError } from '../../contract/errors.js';
import { textOf } from '../../contract/text-encoding.js';

/** The engine itself reads these, and takes any bytes in comments. */
const READ_BY_ENGINE: readonly string[] = ['Dockerfile', '.dockerignore'];

/** Without the mark. UTF-8 where there is none. Throws `source_invalid` for what is neither that nor UTF-16. */
export function decodeText(path: string, bytes: Uint8Array): string {
  try {
    return textOf(bytes, READ_BY_ENGINE.includes(path));
  } catch (cause) {
    throw new SlipwayError('source_invalid', { text: 'source_invalid.encoding', params: { path }, cause });
  }
}
