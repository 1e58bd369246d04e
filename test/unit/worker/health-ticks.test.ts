import { expect, it } from 'vitest';
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
  ['is unknown until it has been asked, healthy by one good answer', '+', 'h'],
  ['that nothing is known of is unhealthy by three bad answers in a row', '----++', '??uuuh'],
  ['that nothing is known of is healthy by a good answer after bad ones', '--+', '??h'],
  ['is degraded by one bad answer, unhealthy by three in a row', '+----', 'hdduu'],
  ['is not unhealthy by three bad answers with a good one between', '+--+--', 'hddddd'],
  ['is healthy again after two good answers in a row', '+-++', 'hddh'],
  ['is healthy again also from unhealthy, and not by one', '+---+-++', 'hdduuuuh'],
])('a web app %s', (_, answers, expected) => {
  expect(healths(answers)).toBe(expected);
});

it.each([
  ['is unknown until the first good answer', '----+', '????h'],
  ['that has answered well once falls ill like any other', '-+---', '?hddu'],
])('a starting web app %s', (_, answers, expected) => {
  expect(healths(answers, true)).toBe(expected);
});

it('failed probes during a start don’t count after the start is over', () => {
  const young = nextTicks(NO_TICKS, 'bad', true);
  expect(nextTicks(nextTicks(young, 'bad', false), 'bad', false).health).toBe('unknown');
});
