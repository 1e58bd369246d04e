import { describe, expect, it } from 'vitest';
import { createTemporalClock } from '../../../src/api/temporal-clock.js';

/** A clock of Temporal's that runs evenly beside the one of this process, and takes its time to answer. */
function scene({ answersAfterMs = 0 } = {}) {
  const at = { elapsedMs: 500, temporalMs: 1_000_000, readings: 0, answersAfterMs };
  const pass = (ms: number): void => {
    at.elapsedMs += ms;
    at.temporalMs += ms;
  };
  const read = async (): Promise<number> => {
    at.readings += 1;
    const shownMs = at.temporalMs;
    await Promise.resolve();
    pass(at.answersAfterMs);
    return shownMs;
  };
  return { at, pass, clock: createTemporalClock(read, () => at.elapsedMs) };
}

describe('the clock of Temporal', () => {
  it('is read once, and runs on by the monotonic clock of this process', async () => {
    const { at, pass, clock } = scene();
    expect(await clock.now()).toBe(1_000_000);
    pass(59_000);
    expect(await clock.now()).toBe(1_059_000);
    expect(at.readings).toBe(1);
  });

  it('is never told ahead, however long a reading takes', async () => {
    const { at, clock } = scene({ answersAfterMs: 700 });
    expect(await clock.now()).toBe(1_000_000);
    expect(at.temporalMs).toBe(1_000_700);
  });

  it('is read again after a minute, beside the call that found the reading old', async () => {
    const { at, pass, clock } = scene();
    await clock.now();
    at.temporalMs += 3_600_000; // somebody sets it
    pass(61_000);
    expect(await clock.now()).toBe(1_061_000);
    await clock.readAgain();
    expect(await clock.now()).toBe(4_661_000);
    expect(at.readings).toBeGreaterThan(1);
  });

  it('never goes back because a later reading was answered slowly', async () => {
    const { at, clock } = scene();
    clock.saw(await clock.now());
    at.answersAfterMs = 2_000;
    const before = await clock.now();
    await clock.readAgain();
    expect(await clock.now()).toBe(before + 2_000);
  });

  it('goes back when Temporal’s clock was set back by more than a reading takes', async () => {
    const { at, clock } = scene();
    await clock.now();
    at.answersAfterMs = 2_000;
    at.temporalMs -= 60_000;
    await clock.readAgain();
    expect(await clock.now()).toBe(940_000);
  });

  it('is asked once by calls at the same moment', async () => {
    const { at, clock } = scene();
    await Promise.all([clock.now(), clock.now(), clock.now()]);
    expect(at.readings).toBe(1);
  });

  it('is never told before a time that it has shown', async () => {
    const { clock } = scene();
    await clock.now();
    clock.saw(1_000_250);
    expect(await clock.now()).toBe(1_000_250);
    clock.saw(900_000);
    expect(await clock.now()).toBe(1_000_250);
  });

  it('is that of this process until somebody tells it', async () => {
    const shown = [undefined, 5_000_000];
    const clock = createTemporalClock(() => Promise.resolve(shown.shift()));
    expect(Math.abs((await clock.now()) - Date.now())).toBeLessThan(1000);
    expect(await clock.now()).toBeLessThan(5_001_000);
  });
});
