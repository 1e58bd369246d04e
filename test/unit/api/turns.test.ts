import { expect, it } from '@jest/globals';
import { createTurns } from '../../../src/api/turns.js';

const never = new AbortController().signal;

/** Work that goes on until it is told to end. */
function held(name: string, begun: string[]) {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const work = async (): Promise<string> => {
    begun.push(name);
    await ended;
    return name;
  };
  return { work, end };
}
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('a limited number of tasks per key run at the same time in the order of arrival, and other keys aren’t affected', async () => {
  const begun: string[] = [];
  const inTurnOf = createTurns(2);
  const [a, b, c, d, other] = ['a', 'b', 'c', 'd', 'other'].map((name) => held(name, begun));
  const done = [a!, b!, c!, d!].map(({ work }) => inTurnOf('key', never, work));
  const doneOther = inTurnOf('another', never, other!.work);
  await settle();
  expect(begun).toEqual(['a', 'b', 'other']);
  a!.end();
  await done[0];
  await settle();
  expect(begun).toEqual(['a', 'b', 'other', 'c']);
  [b!, c!, d!, other!].forEach(({ end }) => end());
  expect(await Promise.all(done)).toEqual(['a', 'b', 'c', 'd']);
  await doneOther;
});

it('a task that is aborted while it waits never starts and gives up its place', async () => {
  const begun: string[] = [];
  const inTurnOf = createTurns(1);
  const [a, b, c] = ['a', 'b', 'c'].map((name) => held(name, begun));
  const left = new AbortController();
  const doneA = inTurnOf('key', never, a!.work);
  const doneB = inTurnOf('key', left.signal, b!.work);
  const doneC = inTurnOf('key', never, c!.work);
  left.abort(new Error('left'));
  await expect(doneB).rejects.toThrow('left');
  a!.end();
  c!.end();
  await Promise.all([doneA, doneC]);
  expect(begun).toEqual(['a', 'c']);
});

it('the next task starts after a task fails', async () => {
  const inTurnOf = createTurns(1);
  const failed = inTurnOf('key', never, () => Promise.reject(new Error('no')));
  const next = inTurnOf('key', never, () => Promise.resolve('next'));
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('next');
});
