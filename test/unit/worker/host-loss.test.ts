import { expect, it } from 'vitest';
import { createLossFinder } from '../../../src/worker/host-loss.js';

function finder() {
  const seen = { nowMs: 0, beat: 1 as number | undefined };
  const isLost = createLossFinder({ lastBeat: () => Promise.resolve(seen.beat), nowMs: () => seen.nowMs });
  const after = async (forMs: number, everyMs = 5_000): Promise<boolean> => {
    let found = await isLost('h2');
    for (const endMs = seen.nowMs + forMs; seen.nowMs < endMs;) {
      seen.nowMs += everyMs;
      found = await isLost('h2');
    }
    return found;
  };
  return { seen, after };
}

it.each([[1], [undefined]])('a host is lost when its beat (%s) stands still for fifty seconds', async (beat) => {
  const { seen, after } = finder();
  seen.beat = beat;
  expect([await after(45_000), await after(5_000)]).toEqual([false, true]);
  seen.beat = 2;
  expect(await after(0)).toBe(false);
});

it('no host is lost that beats now and then', async () => {
  const { seen, after } = finder();
  for (seen.beat = 1; seen.beat < 5; seen.beat += 1) expect(await after(45_000)).toBe(false);
});

it('the time begins anew when nobody could look for a while: Temporal may have been away for all', async () => {
  const { seen, after } = finder();
  await after(40_000);
  seen.nowMs += 300_000;
  expect([await after(0), await after(45_000), await after(5_000)]).toEqual([false, false, true]);
});

it('what can’t be told is no loss', async () => {
  const isLost = createLossFinder({ lastBeat: () => Promise.reject(new Error('Temporal is away')), lostAfterMs: 0 });
  await expect(isLost('h2')).rejects.toThrow('Temporal is away');
});
