import { expect, it } from '@jest/globals';
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

it.each([[1], [undefined]])('a host is lost when its heartbeat (%s) hasn’t changed for fifty seconds', async (beat) => {
  const { seen, after } = finder();
  seen.beat = beat;
  expect([await after(45_000), await after(5_000)]).toEqual([false, true]);
  seen.beat = 2;
  expect(await after(0)).toBe(false);
});

it('a host whose heartbeat changes at least every 45 seconds isn’t lost', async () => {
  const { seen, after } = finder();
  for (seen.beat = 1; seen.beat < 5; seen.beat += 1) expect(await after(45_000)).toBe(false);
});

it('the fifty seconds start again after a pause in which no heartbeat was read', async () => {
  const { seen, after } = finder();
  await after(40_000);
  seen.nowMs += 300_000;
  expect([await after(0), await after(45_000), await after(5_000)]).toEqual([false, false, true]);
});

it('the check for a lost host fails if the heartbeat can’t be read', async () => {
  const isLost = createLossFinder({ lastBeat: () => Promise.reject(new Error('Temporal is away')), lostAfterMs: 0 });
  await expect(isLost('h2')).rejects.toThrow('Temporal is away');
});
