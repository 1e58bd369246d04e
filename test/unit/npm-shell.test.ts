import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { whenNpmShellEnds } from '../../src/npm-shell.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const SHELL = 4711;

/** Who is told, and how often, when the parent goes from `first` to 1 after a while. */
function lookedAt(npmScript: string | undefined, first: number) {
  const gone = vi.fn();
  let parent = first;
  whenNpmShellEnds('start', gone, { running: npmScript, parent: () => parent, lookEveryMs: 100 });
  vi.advanceTimersByTime(1000);
  const early = gone.mock.calls.length;
  parent = 1;
  vi.advanceTimersByTime(1000);
  return { early, told: gone.mock.calls.length };
}

it('the end of the shell that npm runs the script in is told, once', () => {
  expect(lookedAt('start', SHELL)).toEqual({ early: 0, told: 1 });
});

it('a process that npm did not start, or that some other script started, outlives its parent', () => {
  expect(lookedAt(undefined, SHELL).told).toBe(0);
  expect(lookedAt('test', SHELL).told).toBe(0);
});

it('a shell that is gone at the first look already says nothing: whoever put it aside meant it', () => {
  const gone = vi.fn();
  whenNpmShellEnds('start', gone, { running: 'start', parent: () => 1, lookEveryMs: 100 });
  vi.advanceTimersByTime(1000);
  expect(vi.getTimerCount()).toBe(0);
  expect(gone).not.toHaveBeenCalled();
});
