// Texts of others in a line of Slipway's own: a name with a line break in it must not look like two lines. Pure.

/** With its control characters as a program would write them: `\n`. Tabs stay. */
export const oneLine = (text: string): string =>
  text.replaceAll(/(?!\t)[\p{Cc}\u2028\u2029]/gu, (found) => NAMED[found] ?? `\\u${hex(found)}`);

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };

const hex = (character: string): string => character.charCodeAt(0).toString(16).padStart(4, '0');
