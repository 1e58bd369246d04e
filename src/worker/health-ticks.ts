// Derives a running web app's health from a series of good and bad answers. Pure.
import type { Health } from '../contract/states.js';

export interface Ticks {
  health: Health;
  /** Consecutive bad and good answers. */
  bad: number;
  good: number;
}

export const NO_TICKS: Ticks = { health: 'unknown', bad: 0, good: 0 };

/** One bad answer may be chance; three in a row are not. */
const BAD_FOR_UNHEALTHY = 3;
/** One good answer between two bad ones is no recovery. */
const GOOD_FOR_HEALTHY = 2;

/**
 * Returns the health after another answer. `isYoung` means that the health check of its start may still be running,
 * which checks more often.
 */
export function nextTicks(ticks: Ticks, answer: 'good' | 'bad', isYoung: boolean): Ticks {
  // An app that starts slowly isn't unhealthy.
  if (answer === 'bad' && isYoung && ticks.health === 'unknown') return NO_TICKS;
  const good = answer === 'good' ? ticks.good + 1 : 0;
  const bad = answer === 'bad' ? ticks.bad + 1 : 0;
  return { good, bad, health: judge(ticks.health, good, bad) };
}

function judge(health: Health, good: number, bad: number): Health {
  switch (health) {
    case 'unknown':
      if (bad >= BAD_FOR_UNHEALTHY) return 'unhealthy';
      return good > 0 ? 'healthy' : 'unknown';
    case 'healthy':
      return bad > 0 ? 'degraded' : 'healthy';
    case 'degraded':
      if (bad >= BAD_FOR_UNHEALTHY) return 'unhealthy';
      return good >= GOOD_FOR_HEALTHY ? 'healthy' : 'degraded';
    case 'unhealthy':
      return good >= GOOD_FOR_HEALTHY ? 'healthy' : 'unhealthy';
  }
}
