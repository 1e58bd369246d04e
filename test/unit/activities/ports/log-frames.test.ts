import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LogFrames } from '../../../../src/activities/ports/docker/log-frames.js';
import { logFrame } from '../../../support/fake-engine.js';

const SECRET = 'correct-horse-battery';
const masking = { mask: (text: string) => text.replaceAll(SECRET, '****'), longest: SECRET.length };
const TS = '2026-01-01T00:00:00.000000001Z';

const frame = (stream: 1 | 2, message: string): Buffer => logFrame(stream, message, TS);

it('log frames are parsed into lines with stream and time, regardless of how the bytes are divided', () => {
  const bytes = Buffer.concat([frame(1, 'one\n'), frame(2, 'två\r\n'), frame(1, `my ${SECRET}\n`)]);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 5 }), (cuts) => {
      const frames = new LogFrames(masking);
      const ends = [...cuts.sort((a, b) => a - b), bytes.length];
      const lines = ends.flatMap((end, i) => frames.push(bytes.subarray(ends[i - 1] ?? 0, end)));
      expect([...lines, ...frames.end()]).toEqual([
        { ts: TS, stream: 'stdout', line: 'one' },
        { ts: TS, stream: 'stderr', line: 'två' },
        { ts: TS, stream: 'stdout', line: 'my ****' },
      ]);
    }),
  );
});

it('a long line that the engine divided within a secret is joined and masked', () => {
  const frames = new LogFrames(masking);
  const line = `${'x'.repeat(100)}${SECRET}`;
  const lines = [frame(1, line.slice(0, 110)), frame(2, 'between\n'), frame(1, `${line.slice(110)}\n`)].flatMap(
    (piece) => frames.push(piece),
  );
  expect(lines.map((found) => found.line)).toEqual(['between', `${'x'.repeat(100)}****`]);
});

it('a line without an end is divided, and no part of a secret is visible at the divisions', () => {
  const frames = new LogFrames(masking);
  const pieces = Array.from({ length: 30 }, (_, i) => frame(1, `${String(i).repeat(5000)}${SECRET}`));
  const lines = [...pieces.flatMap((piece) => frames.push(piece)), ...frames.end()];
  const text = lines.map(({ line }) => line).join('');
  expect(lines.length).toBeGreaterThan(1);
  expect(text.match(/\*{4}/g)).toHaveLength(30);
  expect(text).not.toMatch(/correct|horse|battery/);
});

it('the last line is kept if the output ends without a line break', () => {
  const frames = new LogFrames(masking);
  expect(frames.push(frame(1, 'no end'))).toEqual([]);
  expect(frames.end()).toEqual([{ ts: TS, stream: 'stdout', line: 'no end' }]);
});
