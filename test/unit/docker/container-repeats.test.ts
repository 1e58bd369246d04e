import { expect, it } from '@jest/globals';
import { repeatsOf } from '../../../src/activities/ports/docker/container-repeats.js';
import type { AppLine } from '../../../src/activities/ports/instance-log.js';

const line = (second: number, text: string, stream: AppLine['stream'] = 'stdout'): AppLine => ({
  ts: `2026-01-01T00:00:0${second}.000000000Z`,
  stream,
  line: text,
});

it('no line is a repeat if the log is empty', () => {
  const repeats = repeatsOf([]);
  expect(repeats.since).toBeUndefined();
  const lines = [line(1, 'a'), line(1, 'a'), line(0, 'older', 'stderr')];
  expect(repeats.without(lines)).toEqual(lines);
});

it('written lines are omitted in any order, and unwritten lines are kept even if they are older', () => {
  const written = [line(2, 'b'), line(4, 'd', 'stderr'), line(3, 'c')];
  const repeats = repeatsOf(written);
  expect(repeats.since).toBe(line(2, '').ts);
  const lines = [
    line(1, 'a'),
    line(2, 'b'),
    line(3, 'c'),
    line(3, 'late', 'stderr'),
    line(4, 'd', 'stderr'),
    line(5, 'e'),
  ];
  expect(repeats.without(lines)).toEqual([line(3, 'late', 'stderr'), line(5, 'e')]);
});

it('identical pieces of a divided line are omitted as often as they were written', () => {
  const piece = line(1, 'x');
  expect(repeatsOf([piece, piece]).without([piece, piece, piece])).toEqual([piece]);
});
