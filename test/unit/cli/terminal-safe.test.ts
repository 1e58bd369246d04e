import fc from 'fast-check';
import { expect, it } from 'vitest';
import { writeLine } from '../../../src/cli/output.js';
import { safeForTerminal } from '../../../src/cli/terminal-safe.js';

const ESC = '\u001b';

it.each([
  ['colours', `${ESC}[1;31mred${ESC}[0m`, `${ESC}[1;31mred${ESC}[0m`],
  ['a colour that is left on', `${ESC}[38;5;9mred`, `${ESC}[38;5;9mred${ESC}[0m`],
  ['each line ends its own', `${ESC}[31ma\nb`, `${ESC}[31ma${ESC}[0m\nb`],
  ['hidden text', `a${ESC}[8mb${ESC}[0;8mc`, 'abc'],
  ['moving the cursor and clearing', `a${ESC}[2J${ESC}[1A${ESC}[Hb`, 'ab'],
  ['the title', `a${ESC}]0;title\u0007b`, 'ab'],
  ['a link', `${ESC}]8;;https://evil${ESC}\\text${ESC}]8;;${ESC}\\`, 'text'],
  ['the clipboard, without an end', `a${ESC}]52;c;cm0gLXJm`, 'a'],
  ['a device string', `${ESC}P$q"p${ESC}\\b`, 'b'],
  ['8-bit forms', 'a\u009b2Jb\u009d0;t\u009cc', 'a2Jb0;tc'],
  ['overwriting', 'safe\rEVIL\b\b', 'safeEVIL'],
  ['a reset of the terminal', `a${ESC}cb`, 'ab'],
  ['reordering', 'a\u202eb\u2066c', 'abc'],
  ['plain text of any language', '部署已開始\tüber 🚀\n', '部署已開始\tüber 🚀\n'],
])('text for a terminal is made safe: %s', (_, text, shown) => {
  expect(safeForTerminal(text)).toBe(shown);
});

const piece = fc.oneof(
  fc.constantFrom(
    ESC,
    '[',
    ']',
    '8;',
    '0m',
    '31m',
    ';',
    'm',
    '\u0007',
    '\\',
    '\r',
    '\u009b',
    'P',
    '\n',
    'c',
    'ü',
    '🚀',
  ),
  fc.string(),
);
const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
const COLOUR = new RegExp(`${ESC}\\[[0-9;:]*m`, 'g');
const isSafe = (shown: string): boolean =>
  Array.from(shown.replaceAll(COLOUR, '')).every((letter) => letter === '\t' || letter === '\n' || letter >= ' ') &&
  !/[\u007f-\u009f]/.test(shown);

it('text for a terminal contains no control sequences except colors, and stays safe if it is processed again', () => {
  fc.assert(
    fc.property(text, (fed) => {
      const shown = safeForTerminal(fed);
      expect(isSafe(shown)).toBe(true);
      expect(isSafe(safeForTerminal(shown))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

it('output that doesn’t go to a terminal is unchanged', () => {
  const written: string[] = [];
  const output = (isTTY: boolean) => ({ isTTY, write: (line: string) => written.push(line) > 0 });
  writeLine(output(false), `a${ESC}[2J`);
  writeLine(output(true), `a${ESC}[2J`);
  expect(written).toEqual([`a${ESC}[2J\n`, 'a\n']);
});

it('one mebibyte of unfinished control sequences is made safe in less than two seconds', () => {
  for (const fed of [`${ESC}]`, `${ESC}[`, `${ESC}[1;`, ESC, `${ESC}P`, `${ESC}]a`]) {
    const startedAt = performance.now();
    safeForTerminal(fed.repeat(Math.ceil(1024 ** 2 / fed.length)));
    expect(performance.now() - startedAt).toBeLessThan(2000); // quadratic would be minutes
  }
});
