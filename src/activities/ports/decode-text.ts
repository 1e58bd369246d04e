// Decodes a project's file in the encodings that editors and shells of other systems write. Pure.
import { SlipwayError } from '../../contract/errors.js';
import { textOf } from '../../contract/text-encoding.js';

/**
 * Returns true for files that the engine, git or Python reads itself. Their comments may have any bytes, and a script
 * declares its own encoding.
 */
const hasOwnReader = (path: string): boolean =>
  ['Dockerfile', '.dockerignore', '.gitattributes'].includes(path) || path.endsWith('.py');

/**
 * Returns the text without a byte order mark. Without a mark, the text is UTF-8. Throws `source_invalid` if it is
 * neither UTF-8 nor UTF-16.
 */
export function decodeText(path: string, bytes: Uint8Array): string {
  try {
    return textOf(bytes, hasOwnReader(path));
  } catch (cause) {
    throw new SlipwayError('source_invalid', { text: 'source_invalid.encoding', params: { path }, cause });
  }
}
