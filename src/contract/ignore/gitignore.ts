// Parses the rules of a .gitignore file like git (gitignore(5)). Matching takes linear time.
import { compileGlob, LONGEST_PATTERN, PatternError, readClass, type Glob, type Token } from './glob.js';
import { ruleLines } from './rule-lines.js';

interface Rule {
  glob: Glob;
  isException: boolean;
  onlyFolders: boolean;
}

/** `none`: no rule matches the path. */
export type Verdict = 'ignored' | 'kept' | 'none';

/**
 * Returns the verdict for a path. Paths use `/` and are relative to the folder of the .gitignore file. If a folder is
 * ignored, everything inside is ignored too.
 */
export type Gitignore = (path: string, isFolder: boolean) => Verdict;

export function compileGitignore(text: string): Gitignore {
  const rules = ruleLines(text).flatMap(readRule).reverse(); // the last matching rule wins
  const judge = (path: string, isFolder: boolean): Verdict => {
    const rule = rules.find(({ glob, onlyFolders }) => (isFolder || !onlyFolders) && glob.matches(path));
    if (rule === undefined) return 'none';
    return rule.isException ? 'kept' : 'ignored';
  };
  return (path, isFolder) => {
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
      if (judge(path.slice(0, end), true) === 'ignored') return 'ignored';
    }
    return judge(path, isFolder);
  };
}

/**
 * Returns a function that returns true if a whole path matches the pattern. Both start at the same folder. An invalid
 * pattern matches nothing.
 */
export function compilePattern(pattern: string): (path: string) => boolean {
  const [rule] = readRule(pattern.startsWith('/') ? pattern : `/${pattern}`);
  return (path) => rule?.glob.matches(path) ?? false;
}

function readRule(line: string): Rule[] {
  if (line.startsWith('#')) return [];
  const isException = line.startsWith('!');
  const written = withoutTrailingBlanks(isException ? line.slice(1) : line);
  const onlyFolders = written.endsWith('/');
  const pattern = onlyFolders ? written.slice(0, -1) : written;
  if (pattern === '' || pattern.length > LONGEST_PATTERN) return [];
  const isAnchored = pattern.includes('/');
  const letters = Array.from(pattern.startsWith('/') ? pattern.slice(1) : pattern);
  try {
    const tokens = tokensOf(letters);
    const glob = compileGlob(isAnchored ? tokens : [{ kind: 'folders' }, ...tokens]);
    return [{ glob, isException, onlyFolders }];
  } catch (error) {
    if (error instanceof PatternError) return []; // git also ignores rules with invalid patterns
    throw error;
  }
}

/** Removes trailing blanks, except a blank after a backslash. */
function withoutTrailingBlanks(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end -= 1;
  return line[end - 1] === '\\' && end < line.length ? line.slice(0, end + 1) : line.slice(0, end);
}

function tokensOf(letters: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < letters.length;) {
    const { token, next } = readToken(letters, i);
    tokens.push(...token);
    i = next;
  }
  return tokens;
}

function readToken(letters: readonly string[], at: number): { token: readonly Token[]; next: number } {
  const letter = letters[at] ?? '';
  if (letter === '*') return readStars(letters, at);
  if (letter === '?') return { token: [{ kind: 'any' }], next: at + 1 };
  if (letter === '[') {
    const { token, next } = readClass(letters, at);
    return { token: [token], next };
  }
  const isEscaped = letter === '\\' && at + 1 < letters.length;
  const meant = isEscaped ? (letters[at + 1] ?? '') : letter;
  return { token: [{ kind: 'text', code: meant.codePointAt(0) ?? 0 }], next: at + (isEscaped ? 2 : 1) };
}

/** `**` matches folders only if it is a whole path segment. Otherwise `**` is the same as `*`. */
function readStars(letters: readonly string[], at: number): { token: readonly Token[]; next: number } {
  let next = at;
  while (letters[next] === '*') next += 1;
  const isWholeName = next - at === 2 && (at === 0 || letters[at - 1] === '/');
  if (isWholeName && letters[next] === '/') return { token: [{ kind: 'folders' }], next: next + 1 };
  // A trailing `**` matches everything inside the folder, so it needs at least one character.
  if (isWholeName && next === letters.length) return { token: [{ kind: 'any' }, { kind: 'rest' }], next };
  return { token: [{ kind: 'star' }], next };
}
