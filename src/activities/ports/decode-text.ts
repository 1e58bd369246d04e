// The text of a project's file, in the encodings that editors and shells of other systems write. Pure.
import { SlipwayError } from '../../contract/errors.js';
import { textOf } from '../../contract/text-encoding.js';

/** The engine or git reads these itself, and takes any bytes in comments; a script says itself how it is encoded. */
const hasOwnReader = (path: string): boolean =>
  ['Dockerfile', '.dockerignore', '.gitattributes'].includes(path) || path.endsWith('.py');

/** Without the mark. UTF-8 where there is none. Throws `source_invalid` for what is neither that nor UTF-16. */
export function decodeText(path: string, bytes: Uint8Array): string {
  try {
    return textOf(bytes, hasOwnReader(path));
  } catch (cause) {
    throw new SlipwayError('source_invalid', { text: 'source_invalid.encoding', params: { path }, cause });
  }
}
