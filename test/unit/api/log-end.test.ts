import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MOST_TAIL_BYTES, readLogEnd } from '../../../src/api/log-end.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-log-end-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const record = (line: string): string =>
  `${JSON.stringify({ ts: '2026-01-01T00:00:00.000Z', stream: 'stdout', line })}\n`;
const all = { start: 0, isWanted: () => true };

it('the last lines of several log files are the same as in a full read from the start', async () => {
  const line = fc.string({ maxLength: 40 }).map((text) => text.repeat(3000)); // some are longer than a block
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(line, { maxLength: 6 }), { maxLength: 3 }), fc.nat(12), async (parts, count) => {
      const files = parts.map((lines, i) => {
        const file = join(folder, String(i));
        writeFileSync(file, lines.map(record).join(''));
        return file;
      });
      const { lines, isCut } = await readLogEnd(files, { ...all, count });
      expect(isCut).toBe(false);
      expect(lines.map((read) => read.line)).toEqual(count === 0 ? [] : parts.flat().slice(-count));
    }),
    { numRuns: 100 },
  );
});

it('an incomplete last line and lines before the start offset aren’t returned', async () => {
  const file = join(folder, 'log');
  writeFileSync(file, record('first') + record('second') + '{"ts":"2026');
  const { lines } = await readLogEnd([file, join(folder, 'none')], { ...all, count: 5, start: 10 });
  expect(lines.map(({ line }) => line)).toEqual(['second']);
});

it('the tail of a log is limited in bytes and is read with limited memory', async () => {
  const file = join(folder, 'log');
  for (let i = 0; i < 100; i += 1) appendFileSync(file, record(`${i} ${'x'.repeat(1024 ** 2)}`));
  const before = process.memoryUsage().rss;
  const { lines, isCut } = await readLogEnd([file], { ...all, count: 100_000 });
  expect(isCut).toBe(true);
  expect(lines.map(({ line }) => line.split(' ', 1)[0])).toEqual(['99']);
  expect(process.memoryUsage().rss - before).toBeLessThan(20 * MOST_TAIL_BYTES);
});

it('a line that is longer than the limit of the tail is omitted, and the tail is marked as cut', async () => {
  const file = join(folder, 'log');
  writeFileSync(file, record('x'.repeat(2 * MOST_TAIL_BYTES)) + record('last'));
  const { lines, isCut } = await readLogEnd([file], { ...all, count: 10 });
  expect(lines.map(({ line }) => line)).toEqual(['last']);
  expect(isCut).toBe(true);
});
