import { expect, it } from '@jest/globals';
import type { Listening } from '../../../src/activities/ports/instance-port.js';
import { explain, explainAnswer } from '../../../src/activities/unhealthy.js';

const WAITED = { seconds: 30, reason: 'status 503' };

const on = (...sockets: [port: number, isLoopback: boolean][]): Listening['sockets'] =>
  sockets.map(([port, isLoopback]) => ({ port, isLoopback }));

it.each<[string, boolean, Listening['sockets'], string | undefined]>([
  ['no port', false, [], 'no_port'],
  ['another port', false, on([5000, true]), 'other_port'],
  ['its port at the loopback address of the host', false, on([8000, true]), undefined],
  ['its port at the loopback address of its container', true, on([8000, true]), 'loopback'],
  ['its port at the loopback address and at another address', true, on([8000, true], [8000, false]), undefined],
  ['another port of its container', true, on([5000, false], [22, false]), 'other_port'],
])(
  'a failed health check is explained by the sockets of an app that listens on %s',
  (_, hasOwnNetwork, sockets, text) => {
    const told = explain({ listening: { wanted: 8000, hasOwnNetwork, sockets }, speaksTls: false }, WAITED);
    expect(told.text).toBe(text === undefined ? 'health_check_failed' : `health_check_failed.${text}`);
  },
);

it('the explanation of a failed health check lists each found port once and in order', () => {
  const listening = { wanted: 8000, hasOwnNetwork: true, sockets: on([5000, true], [22, false], [5000, false]) };
  expect(explain({ listening, speaksTls: false }, WAITED).params).toEqual({ ...WAITED, port: 8000, found: '22, 5000' });
});

it('a failed health check has no explanation without a list of sockets, and TLS is named even without the list', () => {
  expect(explain({ listening: undefined, speaksTls: false }, WAITED)).toEqual({
    text: 'health_check_failed',
    params: WAITED,
  });
  expect(explain({ listening: undefined, speaksTls: true }, WAITED).text).toBe('health_check_failed.tls');
});

it('a 5xx status is explained as an error of the app, and a 4xx status as an unexpected status', () => {
  expect(explainAnswer(500, WAITED).text).toBe('health_check_failed.own_error');
  expect(explainAnswer(404, WAITED).text).toBe('health_check_failed.other_status');
});
