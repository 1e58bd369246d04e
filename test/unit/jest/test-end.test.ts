import { expect, it } from '@jest/globals';
import { onTestFailed, onTestFinished } from '../../support/jest/test-end.js';

const done: string[] = [];
const note = (what: string) => async (): Promise<void> => {
  await Promise.resolve();
  done.push(what);
};

it.failing('a test that fails', () => {
  onTestFinished(note('finished'));
  throw new Error('as it has to');
});

it('the work of a failed test is done at its end', () => {
  expect(done.splice(0)).toEqual(['finished']);
});

it('a test that succeeds', () => {
  onTestFinished(note('first'));
  onTestFailed(note('failed'));
  onTestFinished(note('second'));
});

it('the latest work is done first, and that for a failure is left out', () => {
  expect(done).toEqual(['second', 'first']);
});
