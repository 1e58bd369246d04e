import { setImmediate } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eachLines, LineSplitter } from '../../../../src/activities/ports/lines.js';

const LIMIT = 64 * 1024;

function split(bytes: Buffer, cuts: readonly number[]): string[] {
  const splitter = new LineSplitter();
  const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
  const lines = ends.flatMap((end, i) => splitter.push(bytes.subarray(ends[i - 1] ?? 0, end)));
  return [...lines, ...splitter.end()];
}

/** Lines of each end and of each length, also around the limit, with characters of several bytes. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r', '\r\n', ' ', '\t', 'ä', '漢', '🙂'),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.integer({ min: LIMIT - 3, max: LIMIT + 3 }).map((length) => 'x'.repeat(length)),
    ),
    { maxLength: 30 },
  )
  .map((parts) => Buffer.from(parts.join('')));

it('lines are the same regardless of how the bytes are divided into chunks', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 12 }), (bytes, numbers) => {
      const cuts = numbers.map((number) => number % (bytes.length + 1));
      expect(split(bytes, cuts)).toEqual(split(bytes, []));
    }),
  );
});

it('a line is truncated to its first 64 KiB, even if it arrives in one chunk', () => {
  const bytes = Buffer.from(`${'x'.repeat(LIMIT)}y\nnext\n`);
  expect(split(bytes, [])).toEqual(['x'.repeat(LIMIT), 'next']);
});

const SINGLE_BYTES = 2000;

/** Returns the time for single bytes after `held` bytes without a line end: the best of several runs. */
function bestMsOf(byte: string, held: number): number {
  const single = Buffer.from(byte);
  const runs = Array.from({ length: 5 }, () => {
    const splitter = new LineSplitter();
    splitter.push(Buffer.alloc(held, 'x'));
    const startedAt = performance.now();
    for (let i = 0; i < SINGLE_BYTES; i += 1) splitter.push(single);
    return performance.now() - startedAt;
  });
  return Math.min(...runs);
}

it('a single byte after a full line costs no more than a byte that ends a line', () => {
  bestMsOf('y', 0); // compiles
  // A splitter that reads again what it holds is more than 1000 times slower.
  expect(bestMsOf('y', 70_000)).toBeLessThan(50 * bestMsOf('\n', 0));
}, 60_000);

it('output is read only after the previous lines were processed', async () => {
  let pieces = 0;
  // eslint-disable-next-line @typescript-eslint/require-await -- a stream gives its pieces asynchronously
  async function* endless(): AsyncGenerator<Buffer> {
    for (;;) {
      pieces += 1;
      yield Buffer.from('y\n'.repeat(1000));
    }
  }
  const full = new Error('it takes no more');
  const taken: number[] = [];
  const take = async (lines: readonly string[]): Promise<void> => {
    taken.push(lines.length);
    for (let turn = 0; turn < 100; turn += 1) await setImmediate();
    expect(pieces).toBe(taken.length);
    if (taken.length === 3) throw full;
  };
  await expect(eachLines(endless(), take)).rejects.toBe(full);
  expect(taken).toEqual([1000, 1000, 1000]);
});
