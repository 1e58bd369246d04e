import { expect, it } from '@jest/globals';
import { BuildTrace } from '../../../src/activities/ports/docker/build-trace.js';

/** Frames of the builder's protocol, by hand: a field is its number and kind, its length, its bytes. */
const field = (id: number, bytes: Buffer): Buffer => Buffer.concat([Buffer.from([(id << 3) | 2, bytes.length]), bytes]);
const output = (msg: Buffer, { vertex = 'v1', stream = 1 } = {}): string => {
  const log = Buffer.concat([field(1, Buffer.from(vertex)), Buffer.from([(3 << 3) | 0, stream]), field(4, msg)]);
  return field(3, log).toString('base64');
};

it('a build trace joins lines and characters that are divided between frames', () => {
  const trace = new BuildTrace();
  const bytes = Buffer.from('två €\nend');
  const lines = Array.from(bytes).flatMap((_, at) => trace.read(output(bytes.subarray(at, at + 1))));
  expect([...lines, ...trace.end()]).toEqual(['två €', 'end']);
});

it('a build trace returns each state of a progress bar as a line', () => {
  const trace = new BuildTrace();
  const lines = [1, 2, 3].flatMap((percent) => trace.read(output(Buffer.from(`${percent} %\r`))));
  expect(lines).toEqual(['1 %', '2 %', '3 %']);
  expect(trace.end()).toEqual([]);
});

it('a build trace keeps the output of different streams and steps separate', () => {
  const trace = new BuildTrace();
  trace.read(output(Buffer.from('out')));
  trace.read(output(Buffer.from('err'), { stream: 2 }));
  trace.read(output(Buffer.from('other'), { vertex: 'v2' }));
  expect(trace.end()).toEqual(['out', 'err', 'other']);
});
