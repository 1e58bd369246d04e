// Prints foreign text in one line: a name with a line break must not appear as two lines. Pure.

/** Escapes control characters as in source code: `\n`. Tabs stay. */
export const oneLine = (text: string): string =>
  text.replaceAll(/(?!\t)[\p{Cc}\u2028\u2029]/gu, (character) => NAMED[character] ?? `\\u${hex(character)}`);

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };

const hex = (character: string): string => character.charCodeAt(0).toString(16).padStart(4, '0');
