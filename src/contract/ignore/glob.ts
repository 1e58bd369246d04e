// Matches glob patterns in time linear to the path and to the pattern.
//
// Libraries turn patterns into regular expressions, which backtrack: matching `*a*a*a*a*a*a*a` against one name takes
// seconds. This matcher keeps the set of positions in the pattern that it may have reached, as in Thompson's algorithm.

/** The longest supported pattern. File systems allow no longer path, so a longer pattern couldn't match anything. */
export const LONGEST_PATTERN = 4096;

/** One element of a pattern. */
export type Token =
  | { kind: 'text'; code: number }
  /** `?`: one character, except a slash. */
  | { kind: 'any' }
  /** `[a-z]`: one character, except a slash. */
  | { kind: 'class'; negated: boolean; ranges: readonly (readonly [number, number])[] }
  /** `*`: any characters, except slashes. */
  | { kind: 'star' }
  /** A trailing `**`: any characters, including slashes. */
  | { kind: 'rest' }
  /** A `**` followed by a slash: nothing, or folders and the slash after them. */
  | { kind: 'folders' };

export class PatternError extends Error {
  override readonly name = 'PatternError';
}

const SLASH = 47;

/**
 * Reads the `[...]` that starts at `at`. Returns the token and the position after it. Throws a `PatternError` if the
 * closing bracket is missing or a range is reversed.
 */
export function readClass(letters: readonly string[], at: number): { token: Token; next: number } {
  let i = at + 1;
  const negated = letters[i] === '^' || letters[i] === '!';
  if (negated) i += 1;
  const ranges: [number, number][] = [];
  const first = i;
  for (; i < letters.length;) {
    if (letters[i] === ']' && i > first) return { token: { kind: 'class', negated, ranges }, next: i + 1 };
    const from = readMember(letters, i);
    const isRange = letters[from.next] === '-' && letters[from.next + 1] !== ']' && from.next + 1 < letters.length;
    const to = isRange ? readMember(letters, from.next + 1) : from;
    if (to.code < from.code) throw new PatternError(`a range of ${letters.join('').slice(0, 80)} is in reverse`);
    ranges.push([from.code, to.code]);
    i = to.next;
  }
  throw new PatternError(`${letters.join('').slice(0, 80)} has a [ without its ]`);
}

function readMember(letters: readonly string[], at: number): { code: number; next: number } {
  const escaped = letters[at] === '\\' && at + 1 < letters.length;
  const letter = letters[escaped ? at + 1 : at] ?? '';
  return { code: letter.codePointAt(0) ?? 0, next: at + (escaped ? 2 : 1) };
}

export interface Glob {
  /** Returns true if the whole path or one of its parent folders matches. */
  matchesPathOrParent(path: string): boolean;
  /** Returns true if the whole path matches. */
  matches(path: string): boolean;
}

/** Compiles a pattern. Matching takes time linear to the path for each token, and memory linear to the pattern. */
export function compileGlob(pattern: readonly Token[]): Glob {
  // An even position is twice the index of a token. The odd position after it means "inside the folders of a `**`".
  const last = pattern.length * 2;
  const stamps = new Uint32Array(last + 1);
  let stamp = 0;

  const add = (position: number, into: number[]): void => {
    for (let at = position; stamps[at] !== stamp; at += 2) {
      stamps[at] = stamp;
      into.push(at);
      const kind = at % 2 === 0 ? pattern[at / 2]?.kind : undefined;
      if (kind === 'folders') addInside(at + 1, into);
      if (kind !== 'star' && kind !== 'rest' && kind !== 'folders') return; // these tokens can also match nothing
    }
  };
  const addInside = (position: number, into: number[]): void => {
    if (stamps[position] === stamp) return;
    stamps[position] = stamp;
    into.push(position);
  };
  const step = (position: number, code: number, into: number[]): void => {
    if (position % 2 === 1) {
      addInside(position, into);
      if (code === SLASH) add(position + 1, into);
      return;
    }
    const token = pattern[position / 2];
    if (token === undefined || token.kind === 'folders') return;
    if (token.kind === 'rest') add(position, into);
    else if (token.kind === 'star') {
      if (code !== SLASH) add(position, into);
    } else if (accepts(token, code)) add(position + 2, into);
  };

  const run = (path: string, acceptParent: boolean): boolean => {
    stamp += 1;
    let reached: number[] = [];
    add(0, reached);
    for (const letter of path) {
      const code = letter.codePointAt(0) ?? 0;
      if (acceptParent && code === SLASH && reached.includes(last)) return true;
      stamp += 1;
      const next: number[] = [];
      for (const position of reached) step(position, code, next);
      if (next.length === 0) return false;
      reached = next;
    }
    return reached.includes(last);
  };

  return { matches: (path) => run(path, false), matchesPathOrParent: (path) => run(path, true) };
}

function accepts(token: Extract<Token, { kind: 'text' | 'any' | 'class' }>, code: number): boolean {
  if (token.kind === 'text') return token.code === code;
  if (code === SLASH) return false;
  if (token.kind === 'any') return true;
  return token.ranges.some(([from, to]) => from <= code && code <= to) !== token.negated;
}
