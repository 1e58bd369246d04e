import { describe, expect, it } from '@jest/globals';
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
  it('Temporal’s clock is read once and then advanced by the local monotonic clock', async () => {
    const { at, pass, clock } = scene();
    expect(await clock.now()).toBe(1_000_000);
    pass(59_000);
    expect(await clock.now()).toBe(1_059_000);
    expect(at.readings).toBe(1);
  });

  it('the result is never ahead of Temporal’s clock, even if a reading takes long', async () => {
    const { at, clock } = scene({ answersAfterMs: 700 });
    expect(await clock.now()).toBe(1_000_000);
    expect(at.temporalMs).toBe(1_000_700);
  });

  it('Temporal’s clock is read again in the background when the last reading is older than a minute', async () => {
    const { at, pass, clock } = scene();
    await clock.now();
    at.temporalMs += 3_600_000; // somebody sets it
    pass(61_000);
    expect(await clock.now()).toBe(1_061_000);
    await clock.readAgain();
    expect(await clock.now()).toBe(4_661_000);
    expect(at.readings).toBeGreaterThan(1);
  });

  it('the clock doesn’t go back after a slow reading', async () => {
    const { at, clock } = scene();
    clock.saw(await clock.now());
    at.answersAfterMs = 2_000;
    const before = await clock.now();
    await clock.readAgain();
    expect(await clock.now()).toBe(before + 2_000);
  });

  it('the clock goes back if Temporal’s clock was set back by more than the duration of a reading', async () => {
    const { at, clock } = scene();
    await clock.now();
    at.answersAfterMs = 2_000;
    at.temporalMs -= 60_000;
    await clock.readAgain();
    expect(await clock.now()).toBe(940_000);
  });

  it('concurrent calls share one reading of Temporal’s clock', async () => {
    const { at, clock } = scene();
    await Promise.all([clock.now(), clock.now(), clock.now()]);
    expect(at.readings).toBe(1);
  });

  it('the clock is never earlier than a time that Temporal has already reported', async () => {
    const { clock } = scene();
    await clock.now();
    clock.saw(1_000_250);
    expect(await clock.now()).toBe(1_000_250);
    clock.saw(900_000);
    expect(await clock.now()).toBe(1_000_250);
  });

  it('the local clock is used until the first reading of Temporal’s clock', async () => {
    const shown = [undefined, 5_000_000];
    const clock = createTemporalClock(() => Promise.resolve(shown.shift()));
    expect(Math.abs((await clock.now()) - Date.now())).toBeLessThan(1000);
    expect(await clock.now()).toBeLessThan(5_001_000);
  });
});
