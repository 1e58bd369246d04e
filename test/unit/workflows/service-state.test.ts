import { expect, it } from '@jest/globals';
import { newService, recordEvent, rememberOutcome, type ServiceState } from '../../../src/workflows/service-state.js';
import { errorRecord } from '../../../src/contract/errors.js';

/** The longest text that an error stores, in letters of three bytes. */
const LONG = '長'.repeat(1000);
const bytesOf = (value: object): number => Buffer.byteLength(JSON.stringify(value));

function busyService(): ServiceState {
  const state = newService('shop', '2026-01-01T00:00:00.000Z');
  for (let count = 1; count <= 600; count += 1) {
    const reason = { text: 'app_exited', params: { exit: LONG } } as const;
    recordEvent(state, { type: 'command_failed', reason, details: { command_id: `cmd_${count}` } });
    const error = errorRecord('app_exited', { params: { exit: LONG + LONG } });
    rememberOutcome(state, `activation-${count}`, { kind: 'failed', error });
  }
  return state;
}

it('a service stores its last events and outcomes within a bound of bytes', () => {
  const { events = [], settled } = busyService();
  expect(bytesOf(events)).toBeLessThan(310_000);
  expect(bytesOf(settled)).toBeLessThan(110_000);
  expect(events.at(-1)!.details).toEqual({ command_id: 'cmd_600' });
  expect(settled.at(-1)!.activationId).toBe('activation-600');
});

it('a service with few short events stores all of them', () => {
  const state = newService('shop', '2026-01-01T00:00:00.000Z');
  for (let count = 1; count <= 500; count += 1) recordEvent(state, { type: 'service_registered', details: {} });
  expect(state.events).toHaveLength(500);
});
