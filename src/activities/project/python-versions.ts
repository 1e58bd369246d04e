// Versions and specifiers of interpreters, as PEP 440 defines them. Pure.
import { compare, satisfies, valid } from '@renovatebot/pep440';

/** The longest specifier: several clauses of ten characters. */
export const LONGEST_WISH = 256;

/** Returns true for `3.11` or `3.11.7`, without an operator. */
export const isPlainVersion = (wish: string): boolean => /^\d+(\.\d+)*$/.test(wish);

/**
 * Returns true if an interpreter's version matches a wish: by prefix for a plain version, otherwise by specifiers. An
 * invalid specifier matches nothing.
 */
export function fitsPython(wish: string, version: string): boolean {
  if (wish.length > LONGEST_WISH) return false;
  const specifiers = isPlainVersion(wish) ? `==${wish}.*` : withoutEmptyClauses(wish);
  return satisfies(publicPart(version), specifiers, { prereleases: true });
}

/** pip allows a trailing comma. */
const withoutEmptyClauses = (specifiers: string): string =>
  specifiers
    .split(',')
    .filter((clause) => clause.trim() !== '')
    .join(',');

/** Compares versions. A release candidate comes before its release. */
export const compareVersions = (a: string, b: string): number => compare(publicPart(a), publicPart(b));

/** Removes the local part. An interpreter built from a checkout is called `3.14.0+`, which isn't a valid version. */
function publicPart(version: string): string {
  const [text = ''] = version.split('+', 1);
  return valid(text) ?? '0';
}
