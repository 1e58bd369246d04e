import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { copyJsonLines, writeJson, writeLine } from '../../../src/cli/output.js';
import { jsonForTerminal, safeForTerminal } from '../../../src/cli/terminal-safe.js';

const ESC = '\u001b';

it.each([
  ['keeps colours', `${ESC}[1;31mred${ESC}[0m`, `${ESC}[1;31mred${ESC}[0m`],
  ['resets a colour at the end of the text', `${ESC}[38;5;9mred`, `${ESC}[38;5;9mred${ESC}[0m`],
  ['resets a colour at the end of each line', `${ESC}[31ma\nb`, `${ESC}[31ma${ESC}[0m\nb`],
  ['shows hidden text', `a${ESC}[8mb${ESC}[0;8mc`, 'abc'],
  ['can’t move the cursor or clear the screen', `a${ESC}[2J${ESC}[1A${ESC}[Hb`, 'ab'],
  ['can’t change the window title', `a${ESC}]0;title\u0007b`, 'ab'],
  ['contains the text of a link without its address', `${ESC}]8;;https://evil${ESC}\\text${ESC}]8;;${ESC}\\`, 'text'],
  ['can’t write to the clipboard with an unterminated sequence', `a${ESC}]52;c;cm0gLXJm`, 'a'],
  ['contains no device control string', `${ESC}P$q"p${ESC}\\b`, 'b'],
  ['contains no 8-bit control sequence', 'a\u009b2Jb\u009d0;t\u009cc', 'a2Jb0;tc'],
  ['contains no carriage return and no backspace', 'safe\rEVIL\b\b', 'safeEVIL'],
  ['can’t reset the terminal', `a${ESC}cb`, 'ab'],
  ['contains no characters that change the text direction', 'a\u202eb\u2066c', 'abc'],
  ['keeps plain text of any language', '部署已開始\tüber 🚀\n', '部署已開始\tüber 🚀\n'],
])('safe text for a terminal %s', (_, text, shown) => {
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

describe('JSON in a terminal', () => {
  it('contains no control characters, and keeps its values', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ stringUnit: fc.oneof(piece, fc.constantFrom('\u009d', '\u202e', '\u200f')) }),
        (value) => {
          const shown = jsonForTerminal(JSON.stringify(value));
          expect(shown).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
          expect(JSON.parse(shown)).toEqual(JSON.parse(JSON.stringify(value)));
        },
      ),
    );
  });

  const value = { path: '/a\u009b2J\u202eb\u2069\u007f', text: '部署\t🚀' };
  const json = JSON.stringify(value);

  it('escapes controls, which a file gets as they are', () => {
    const written: string[] = [];
    const output = (isTTY: boolean) => ({ isTTY, write: (line: string) => written.push(line) > 0 });
    writeJson(output(false), json);
    writeJson(output(true), json);
    expect(written).toEqual([`${json}\n`, '{"path":"/a\\u009b2J\\u202eb\\u2069\\u007f","text":"部署\\t🚀"}\n']);
  });

  /** Copies the bytes one by one, so that all characters are split. */
  async function copied(bytes: Buffer, isTTY: boolean): Promise<Buffer> {
    const written: Buffer[] = [];
    const output = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written.push(chunk);
        done();
      },
    });
    const body = (async function* () {
      for (const byte of bytes) yield await Promise.resolve(Uint8Array.of(byte));
    })();
    await copyJsonLines(body, Object.assign(output, { isTTY }));
    return Buffer.concat(written);
  }

  it('copied lines have escaped controls in a terminal, and the same bytes in a file', async () => {
    const bytes = Buffer.concat([Buffer.from(`${json}\n${json}\n`), Buffer.from([0xff, 0x0a])]);
    expect(await copied(bytes, false)).toEqual(bytes);
    const [first = '', second] = (await copied(bytes, true)).toString().split('\n');
    expect(first).toBe('{"path":"/a\\u009b2J\\u202eb\\u2069\\u007f","text":"部署\\t🚀"}');
    expect(second).toBe(first);
    expect(JSON.parse(first)).toEqual(value);
  });
});
