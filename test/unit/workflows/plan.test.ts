import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { startRequestSchema } from '../../../src/contract/requests.js';
import { MODES, REQUEST_MODES, type Mode, type RequestMode } from '../../../src/contract/states.js';
import { modePlan } from '../../../src/contract/request-facts.js';
import { backoffMs, decideRestart, NO_FALLS, releasesToDrop } from '../../../src/workflows/plan.js';

const plan = (mode: RequestMode, fallbacks?: Mode[]): Mode[] =>
  modePlan(startRequestSchema.parse({ mode, config: { fallback_modes: fallbacks } }));

describe('the modes of a deployment', () => {
  it.each<[RequestMode, Mode[] | undefined, Mode[]]>([
    ['auto', undefined, ['docker', 'uv', 'fallback']],
    ['auto', ['fallback', 'uv'], ['fallback', 'uv']],
    ['uv', undefined, ['uv']],
    ['uv', ['fallback'], ['uv', 'fallback']],
    ['uv', ['docker', 'uv', 'fallback'], ['uv', 'docker', 'fallback']],
  ])('the modes for %s with the fallback modes %j are %j', (mode, fallbacks, expected) => {
    expect(plan(mode, fallbacks)).toEqual(expected);
  });

  it('each mode is tried at most once, and the requested mode is tried first', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...REQUEST_MODES),
        fc.option(fc.uniqueArray(fc.constantFrom(...MODES), { minLength: 1 }), { nil: undefined }),
        (mode, fallbacks) => {
          const modes = plan(mode, fallbacks);
          expect(new Set(modes).size).toBe(modes.length);
          if (mode !== 'auto') expect(modes[0]).toBe(mode);
          for (const fallback of fallbacks ?? []) expect(modes).toContain(fallback);
        },
      ),
    );
  });
});

describe('restarts of an app', () => {
  /** What is decided on each of a row of exits, given how long the app was up before each. */
  function decisions(...upMs: number[]): (number | 'give up')[] {
    let count = NO_FALLS;
    return upMs.map((up) => {
      const decision = decideRestart(count, up);
      count = decision.count;
      return decision.kind === 'restart' ? decision.afterMs : 'give up';
    });
  }

  it('the wait before a restart starts at 1 second and doubles up to a minute', () => {
    const eachTenSeconds = Array.from({ length: 9 }, () => 10_000);
    expect(decisions(...eachTenSeconds)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('the wait before a restart is 1 second again after an uptime of a minute', () => {
    expect(decisions(10_000, 10_000, 59_999, 60_000, 10_000)).toEqual([1000, 2000, 4000, 1000, 2000]);
  });

  it('restarts are given up at the fifth consecutive exit within ten seconds', () => {
    expect(decisions(0, 9_999, 0, 0, 0)).toEqual([1000, 2000, 4000, 8000, 'give up']);
    expect(decisions(0, 0, 0, 0, 10_000, 0)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000]);
  });

  it('the wait before a restart is between a second and a minute', () => {
    fc.assert(
      fc.property(fc.nat(), (falls) => {
        expect(backoffMs(falls)).toBeGreaterThanOrEqual(1000);
        expect(backoffMs(falls)).toBeLessThanOrEqual(60_000);
        expect(backoffMs(falls + 1)).toBeGreaterThanOrEqual(backoffMs(falls));
      }),
    );
  });
});

it('the oldest releases are dropped, never the active release, and the requested number is kept', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(50)), fc.nat(10), fc.nat(50), (numbers, kept, chosen) => {
      const releases = numbers.map((n) => ({ release: `r${n}` }));
      const active = releases[chosen % Math.max(1, releases.length)]?.release ?? null;
      const dropped = releasesToDrop(releases, active, kept);
      expect(dropped.map(({ release }) => release)).not.toContain(active);
      expect(releases.length - dropped.length).toBeGreaterThanOrEqual(Math.min(kept, releases.length));
      expect(releases.length - dropped.length).toBeLessThanOrEqual(kept + 1);
      const newest = releases.slice(-kept || releases.length);
      for (const release of newest) expect(dropped).not.toContain(release);
    }),
  );
});
