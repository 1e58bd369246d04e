// Reads the lines of a file with ignore rules.
import { MAX_LINES } from '../source-limits.js';
import { PatternError } from './glob.js';

/** The maximum number of rules. Each rule is compared with each path, so a larger number could take minutes. */
const MOST_RULES = 10_000;

/**
 * Returns the lines that aren't blank, without a byte order mark. Throws a `PatternError` if there are too many lines
 * or rules.
 */
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

/** Counts blank lines too, so that a file of only blank lines is rejected before it is split. */
function assertFew(text: string): void {
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    lines += 1;
    if (lines > MAX_LINES) throw new PatternError(`there are more than ${MAX_LINES} lines`);
  }
}
