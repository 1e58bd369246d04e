// Parses env files like python-dotenv, except that `${NAME}` isn't expanded. Apps usually read their `.env` with this
// library, so a file has the same meaning for both.
import type { Variable } from './variables.js';

/** An invalid line, or a quote that isn't closed. */
export class BadEnvFile extends Error {
  constructor(
    readonly line: number,
    readonly kind: 'line' | 'quote',
  ) {
    super(`line ${line}`);
  }
}

const BLANK = /\s+|#[^\n]*/y;
const REST_OF_LINE = /[^\S\n]*(?:#[^\n]*)?(?:\n|$)/y;
const NAME = /[^\S\n]*(?:export[^\S\n]+)?([A-Za-z_]\w*)[^\S\n]*/y;
const EQUALS = /=([^\S\n]*)/y;
const UNQUOTED = /[^\n]*/y;
/** Text within quotes, up to the next quote or backslash. */
const PLAIN: Readonly<Record<string, RegExp>> = { '"': /[^"\\]*/y, "'": /[^'\\]*/y };
const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ '\\': '\\', "'": "'", '"': '"' },
};
/** The only escapes within single quotes. */
const SINGLE_ESCAPES = new Set(['\\', "'"]);

/**
 * Parses a file. A name without a value is rejected: Docker would use the value of the caller's environment, but a file
 * may come from somebody else. Throws `BadEnvFile`.
 */
export function parseEnvFile(file: string): Variable[] {
  const text = file.replaceAll('\r\n', '\n');
  const variables: Variable[] = [];
  let at = 0;

  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text) ?? undefined;
    if (match) at = pattern.lastIndex;
    return match;
  };
  const bad = (kind: BadEnvFile['kind'], from: number): BadEnvFile =>
    new BadEnvFile(text.slice(0, from).split('\n').length, kind);

  function quoted(quote: string): string {
    const from = at;
    at += 1;
    const pieces: string[] = [];
    while (at < text.length) {
      const plain = take(PLAIN[quote] ?? UNQUOTED)?.[0] ?? '';
      pieces.push(plain);
      const character = text.charAt(at);
      at += 1;
      if (character === quote) return pieces.join('');
      if (character === '') break;
      const next = text.charAt(at);
      const isEscape = quote === '"' || SINGLE_ESCAPES.has(next);
      const meant = isEscape ? ESCAPES[next] : undefined;
      pieces.push(meant ?? character);
      if (meant !== undefined) at += 1;
    }
    throw bad('quote', from);
  }

  while (at < text.length) {
    if (take(BLANK)) continue;
    const from = at;
    const name = take(NAME)?.[1];
    if (name === undefined) throw bad('line', from);
    const blanks = take(EQUALS)?.[1];
    if (blanks === undefined) throw bad('line', from);
    const quote = text.charAt(at);
    if (quote !== '"' && quote !== "'") {
      variables.push({ name, value: withoutComment(blanks + (take(UNQUOTED)?.[0] ?? '')) });
      continue;
    }
    variables.push({ name, value: quoted(quote) });
    if (!take(REST_OF_LINE)) throw bad('line', at);
  }
  return variables;
}

/**
 * Removes a comment. A `#` starts a comment only after a blank: `pass#word` has no comment, and `A= # why` is empty.
 */
function withoutComment(value: string): string {
  const at = /\s#/.exec(value)?.index;
  return (at === undefined ? value : value.slice(0, at)).trim();
}
