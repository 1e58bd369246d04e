import { expect, it } from 'vitest';
import { NO_TICKS, nextTicks } from '../../../src/worker/health-ticks.js';

const letters = { unknown: '?', healthy: 'h', degraded: 'd', unhealthy: 'u' };

/** `+` is a good answer, `-` a bad one; the health after each. */
function healths(answers: string): string {
  let ticks = NO_TICKS;
  return Array.from(answers, (answer) => {
    ticks = nextTicks(ticks, answer === '+' ? 'good' : 'bad');
    return letters[ticks.health];
  }).join('');
}

it.each([
  ['is unknown until the first good answer', '---+', '???h'],
  ['is degraded by one bad answer, unhealthy by three in a row', '+----', 'hdduu'],
  ['is not unhealthy by three bad answers with a good one between', '+--+--', 'hddddd'],
  ['is healthy again after two good answers in a row', '+-++', 'hddh'],
  ['is healthy again also from unhealthy, and not by one', '+---+-++', 'hdduuuuh'],
])('a web app %s', (_, answers, expected) => {
  expect(healths(answers)).toBe(expected);
});
