// Parses the rules of a .dockerignore file like Docker (moby/patternmatcher). Matching takes linear time.
import { compileGlob, LONGEST_PATTERN, PatternError, readClass, type Glob, type Token } from './glob.js';
import { ruleLines } from './rule-lines.js';

interface Rule {
  glob: Glob;
  /** `!pattern` includes paths that an earlier rule excluded. */
  isException: boolean;
}

/**
 * Returns a function that returns true if a path is excluded. Paths are relative and use `/`. Throws a `PatternError`
 * if a rule is invalid.
 */
export function compileDockerignore(rules: string): (path: string) => boolean {
  const compiled = ruleLines(rules).flatMap(readRule);
  return (path) => {
    let isIgnored = false;
    for (const { glob, isException } of compiled) {
      if (isException !== isIgnored) continue; // the rule can't change the result
      if (glob.matchesPathOrParent(path)) isIgnored = !isException;
    }
    return isIgnored;
  };
}

function readRule(line: string): Rule[] {
  if (line.startsWith('#')) return [];
  const trimmed = line.trim();
  const isException = trimmed.startsWith('!');
  const pattern = cleanPath((isException ? trimmed.slice(1) : trimmed).trim());
  if (pattern === '') return [];
  if (pattern.length > LONGEST_PATTERN) throw new PatternError(`a rule is longer than ${LONGEST_PATTERN} characters`);
  return [{ glob: compileGlob(tokensOf(Array.from(pattern))), isException }];
}

/** Cleans a path like Go's `filepath.Clean`, and removes a leading slash: `./a//b/../c/` becomes `a/c`. */
function cleanPath(path: string): string {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..' && names.length > 0 && names.at(-1) !== '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return names.join('/');
}

function tokensOf(letters: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < letters.length;) {
    const { token, next } = readToken(letters, i);
    tokens.push(token);
    i = next;
  }
  return tokens;
}

function readToken(letters: readonly string[], at: number): { token: Token; next: number } {
  const letter = letters[at] ?? '';
  if (letter === '*' && letters[at + 1] === '*') {
    const next = at + (letters[at + 2] === '/' ? 3 : 2);
    return { token: { kind: next >= letters.length ? 'rest' : 'folders' }, next };
  }
  if (letter === '*') return { token: { kind: 'star' }, next: at + 1 };
  if (letter === '?') return { token: { kind: 'any' }, next: at + 1 };
  if (letter === '[') return readClass(letters, at);
  const isEscaped = letter === '\\' && at + 1 < letters.length;
  const meant = isEscaped ? (letters[at + 1] ?? '') : letter;
  return { token: { kind: 'text', code: meant.codePointAt(0) ?? 0 }, next: at + (isEscaped ? 2 : 1) };
}
