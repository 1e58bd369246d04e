import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { whenNpmShellEnds } from '../../src/npm-signals.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

const SHELL = 4711;

/** Who is told, and how often, when the parent goes from `first` to 1 after a while. */
function lookedAt(npmScript: string | undefined, first: number) {
  const gone = jest.fn();
  let parent = first;
  whenNpmShellEnds('start', gone, { running: npmScript, parent: () => parent, lookEveryMs: 100 });
  jest.advanceTimersByTime(1000);
  const early = gone.mock.calls.length;
  parent = 1;
  jest.advanceTimersByTime(1000);
  return { early, told: gone.mock.calls.length };
}

it('the end of the npm shell is reported once', () => {
  expect(lookedAt('start', SHELL)).toEqual({ early: 0, told: 1 });
});

it('the end of the parent isn’t reported if npm didn’t start the process or ran another script', () => {
  expect(lookedAt(undefined, SHELL).told).toBe(0);
  expect(lookedAt('test', SHELL).told).toBe(0);
});

it('the end of the npm shell isn’t reported if the shell has ended before the first check', () => {
  const gone = jest.fn();
  whenNpmShellEnds('start', gone, { running: 'start', parent: () => 1, lookEveryMs: 100 });
  jest.advanceTimersByTime(1000);
  expect(jest.getTimerCount()).toBe(0);
  expect(gone).not.toHaveBeenCalled();
});
