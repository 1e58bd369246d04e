// Splits a project's text into lines, with limits of length and number. Pure.
import { SlipwayError } from '../../contract/errors.js';
import { MAX_LINE_CHARACTERS, MAX_LINES } from '../../contract/source-limits.js';

/**
 * Returns the lines. Throws `source_invalid` for too many lines, or for a line that is too long. `path` names the file
 * in the error.
 */
export function projectLines(path: string, text: string): string[] {
  assertLines(path, text);
  return text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

/** Checks the limits without splitting the text. */
export function assertLines(path: string, text: string): void {
  let count = 0;
  for (let start = 0; start <= text.length;) {
    const end = text.indexOf('\n', start);
    const length = (end === -1 ? text.length : end) - start;
    count += 1;
    if (length > MAX_LINE_CHARACTERS) {
      const params = { path, line: count, limit: MAX_LINE_CHARACTERS };
      throw new SlipwayError('source_invalid', { text: 'source_invalid.long_line', params });
    }
    if (count > MAX_LINES) throw tooManyLines(path);
    if (end === -1) return;
    start = end + 1;
  }
}

export const tooManyLines = (path: string): SlipwayError =>
  new SlipwayError('source_invalid', { text: 'source_invalid.too_many_lines', params: { path, limit: MAX_LINES } });
