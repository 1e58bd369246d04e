import { expect, it } from '@jest/globals';
import { NO_TICKS, nextTicks } from '../../../src/worker/health-ticks.js';

const letters = { unknown: '?', healthy: 'h', degraded: 'd', unhealthy: 'u' };

/** `+` is a good answer, `-` a bad one; the health after each. */
function healths(answers: string, isYoung = false): string {
  let ticks = NO_TICKS;
  return Array.from(answers, (answer) => {
    ticks = nextTicks(ticks, answer === '+' ? 'good' : 'bad', isYoung);
    return letters[ticks.health];
  }).join('');
}

it.each([
  ['is healthy after the first good response', '+', 'h'],
  ['with unknown health becomes unhealthy after three bad responses in a row', '----++', '??uuuh'],
  ['with unknown health becomes healthy at the first good response after two bad responses', '--+', '??h'],
  ['is degraded after one bad response and unhealthy after three bad responses in a row', '+----', 'hdduu'],
  ['stays degraded while a good response separates the bad responses', '+--+--', 'hddddd'],
  ['is healthy again after two good responses in a row', '+-++', 'hddh'],
  ['recovers from unhealthy after two good responses in a row, not after one', '+---+-++', 'hdduuuuh'],
])('a web app %s', (_, answers, expected) => {
  expect(healths(answers)).toBe(expected);
});

it.each([
  ['has unknown health until the first good response', '----+', '????h'],
  ['that was healthy once becomes unhealthy after three bad responses in a row', '-+---', '?hddu'],
])('a starting web app %s', (_, answers, expected) => {
  expect(healths(answers, true)).toBe(expected);
});

it('failed probes during a start don’t count after the start is over', () => {
  const young = nextTicks(NO_TICKS, 'bad', true);
  expect(nextTicks(nextTicks(young, 'bad', false), 'bad', false).health).toBe('unknown');
});
