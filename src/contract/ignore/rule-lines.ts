// The lines of a file with ignore rules. Pure.
import { MAX_LINES } from '../source-limits.js';
import { PatternError } from './glob.js';

/** Each rule is compared with each path: more of them than any project has would cost minutes. */
const MOST_RULES = 10_000;

/** Lines that are not blank, without a byte order mark. Throws a `PatternError` when there are too many. */
export function ruleLines(text: string): string[] {
  assertFew(text);
  const lines = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (lines.length > MOST_RULES) throw new PatternError(`there are more than ${MOST_RULES} rules`);
  return lines;
}

/** Blank ones count too: a file of them alone would be taken apart for nothing. */
function assertFew(text: string): void {
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    lines += 1;
    if (lines > MAX_LINES) throw new PatternError(`there are more than ${MAX_LINES} lines`);
  }
}
