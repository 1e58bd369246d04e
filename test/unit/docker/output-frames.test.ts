import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { OutputFrames } from '../../../src/activities/ports/docker/output-frames.js';

function frame(stream: 1 | 2, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  const body = Buffer.from(text);
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

const frames = fc.array(fc.record({ stream: fc.constantFrom<1 | 2>(1, 2), text: fc.string({ maxLength: 20 }) }));

it('output frames return the bytes of each stream in order, regardless of how chunks are divided', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat(), { maxLength: 8 }), (written, numbers) => {
      const bytes = Buffer.concat(written.map(({ stream, text }) => frame(stream, text)));
      const ends = [...numbers.map((number) => number % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const reader = new OutputFrames();
      const runs = ends.flatMap((end, i) => reader.push(bytes.subarray(ends[i - 1] ?? 0, end)));
      const characters = runs.flatMap(({ stream, bytes: part }) => [...part].map((byte) => `${stream} ${byte}`));
      const expected = written.flatMap(({ stream, text }) =>
        [...Buffer.from(text)].map((byte) => `${stream === 1 ? 'stdout' : 'stderr'} ${byte}`),
      );
      expect(characters).toEqual(expected);
    }),
  );
});

it('consecutive frames of a stream in a chunk are joined', () => {
  const bytes = Buffer.concat(Array.from({ length: 7000 }, () => frame(1, 'y')));
  const runs = new OutputFrames().push(Buffer.concat([bytes, frame(2, 'e'), frame(1, 'z')]));
  expect(runs.map(({ stream, bytes: part }) => [stream, part.length])).toEqual([
    ['stdout', 7000],
    ['stderr', 1],
    ['stdout', 1],
  ]);
});
