// Versions and specifiers of interpreters (the required part of PEP 440). Pure.

interface Version {
  numbers: number[];
  /** True for an alpha, beta, release candidate or development build. */
  isPre: boolean;
}

const VERSION = /^v?(\d+(?:\.\d+)*)((?:a|b|rc|\.?dev)\d*)?\+?/i;
const CLAUSE = /^(===|==|!=|~=|<=|>=|<|>)\s*(v?\d[\w.]*?)(\.\*)?$/;

/** The longest specifier: several clauses of ten characters. */
export const LONGEST_WISH = 256;

/** Returns true for `3.11` or `3.11.7`, without an operator. */
export const isPlainVersion = (wish: string): boolean => /^\d+(\.\d+)*$/.test(wish);

/** Returns true if an interpreter's version matches a wish: by prefix for a plain version, otherwise by specifiers. */
export function fitsPython(wish: string, version: string): boolean {
  if (wish.length > LONGEST_WISH) return false;
  if (isPlainVersion(wish)) return hasPrefix(parseVersion(version), parseVersion(wish));
  return wish.split(',').every((clause) => satisfies(clause.trim(), parseVersion(version)));
}

/** Compares versions. A release candidate comes before its release. */
export function compareVersions(a: string, b: string): number {
  return compare(parseVersion(a), parseVersion(b));
}

function parseVersion(text: string): Version {
  const [, numbers = '0', pre] = VERSION.exec(text.trim()) ?? [];
  return { numbers: numbers.split('.').map(Number), isPre: pre !== undefined };
}

function compare(a: Version, b: Version): number {
  const length = Math.max(a.numbers.length, b.numbers.length);
  for (let i = 0; i < length; i += 1) {
    const difference = (a.numbers[i] ?? 0) - (b.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(b.isPre) - Number(a.isPre);
}

const hasPrefix = (version: Version, prefix: Version): boolean =>
  prefix.numbers.every((number, i) => (version.numbers[i] ?? 0) === number);

/** Returns true if a version matches a clause such as `>=3.10` or `==3.11.*`. An invalid clause matches nothing. */
function satisfies(clause: string, version: Version): boolean {
  if (clause === '') return true; // a trailing comma
  const [, operator, text = '', wildcard] = CLAUSE.exec(clause) ?? [];
  const bound = parseVersion(text);
  const order = compare(version, bound);
  switch (operator) {
    case '==':
    case '===':
      return wildcard ? hasPrefix(version, bound) : order === 0;
    case '!=':
      return wildcard ? !hasPrefix(version, bound) : order !== 0;
    case '~=':
      return order >= 0 && hasPrefix(version, { ...bound, numbers: bound.numbers.slice(0, -1) });
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    case undefined:
    default:
      return false;
  }
}
