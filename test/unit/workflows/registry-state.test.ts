import { describe, expect, it } from '@jest/globals';
import type { RegisterInput, Registration } from '../../../src/contract/messages.js';
import { rowOf, type ServiceRow } from '../../../src/contract/views.js';
import { RegistryState, type No } from '../../../src/workflows/registry-state.js';
import { newService, serviceView } from '../../../src/workflows/service-state.js';

/** What Temporal takes as the input of a run. */
const PAYLOAD_BYTES = 2 * 1024 ** 2;
const NOW = '2026-01-01T00:00:00.000Z';

const rowFor = (name: string, changes: Partial<ServiceRow> = {}): ServiceRow => ({
  ...rowOf(serviceView(newService(name, NOW))),
  ...changes,
});
const asking = (name: string, registration: Partial<Registration> = {}): RegisterInput => ({
  name,
  answerBy: 0,
  token: `token of ${name}`,
  registration: { kind: 'worker', type: 'other', dependsOn: [], ...registration },
});
const bytesOf = (book: RegistryState): number => Buffer.byteLength(JSON.stringify(book.record));

/** As the registry does it: judged, accepted, and then told of by the service itself. Returns why not. */
function register(book: RegistryState, input: RegisterInput, told: Partial<ServiceRow> = {}): No | undefined {
  const no = book.objectionToRegister(input);
  if (no) return no;
  const { revision, dependsOn } = book.register(input, rowFor(input.name));
  book.storeRow(rowFor(input.name, { registration: revision, depends_on: dependsOn, host: 'host-a1b2c3', ...told }));
  return undefined;
}

/** Registers until one is refused, and returns how many were not. */
function fill(book: RegistryState, input: (n: number) => RegisterInput, told?: Partial<ServiceRow>): number {
  for (let n = 0; ; n += 1) {
    const no = register(book, input(n), told);
    if (no) {
      expect(no.code).toBe('registry_full');
      return n;
    }
  }
}

describe('the size of the registry’s state', () => {
  it('the registry accepts more than 10,000 services, refuses more with registry_full and fits into a payload', () => {
    const book = new RegistryState({});
    const count = fill(book, (n) => asking(`registered-${n}`));
    expect(count).toBeGreaterThan(10_000);
    expect(bytesOf(book)).toBeLessThan(PAYLOAD_BYTES);
    for (const { name } of book.record.services ?? [])
      book.unregister({ ...asking(name), force: true, purge: false, hostId: '' });
    expect(bytesOf(book)).toBeLessThan(PAYLOAD_BYTES);
  });

  it('the registry fits into a payload with the longest names, dependencies and unhealthy dependencies', () => {
    const book = new RegistryState({});
    const long = (n: number): string => `${n}-`.padEnd(63, 'x');
    const needed = Array.from({ length: 100 }, (_, n) => long(n));
    for (const name of needed) register(book, asking(name), { status: 'stopped' });
    const count = fill(book, (n) => asking(long(1000 + n), { dependsOn: needed }), { ailing: needed, status: 'error' });
    expect(count).toBeGreaterThan(150);
    expect(bytesOf(book)).toBeLessThan(PAYLOAD_BYTES);
    const [name = ''] = book.registered.slice(-1);
    expect(book.untoldAiling(name)).toBeUndefined();
    const longer = { name: needed[0] ?? '', answerBy: 0, token: '', changes: { dependsOn: needed.slice(1) } };
    expect(book.objectionToPatch(longer)?.code).toBe('registry_full');
    expect(book.objectionToPatch({ ...longer, name, changes: { dependsOn: [] } })).toBeUndefined();
    expect(book.objectionToUnregister({ ...longer, name, force: false, purge: false, hostId: '' })).toBeUndefined();
  });

  it('the registry fits into a payload with services that were deployed without a registration', () => {
    const book = new RegistryState({});
    fill(book, (n) => asking(`registered-${n}`));
    for (let n = 0; n < 20_000; n += 1) book.storeRow(rowFor(`deployed-${n}`.padEnd(63, 'x'), { host: 'host-a1b2c3' }));
    expect(bytesOf(book)).toBeLessThan(PAYLOAD_BYTES);
    const forgotten = { ...asking('deployed-19999'.padEnd(63, 'x')), force: false, purge: false, hostId: '' };
    expect(book.objectionToUnregister(forgotten)).toBeUndefined(); // the API has found it
  });

  it('the registry accepts services again after other services were removed', () => {
    const book = new RegistryState({});
    const count = fill(book, (n) => asking(`registered-${n}`));
    for (let n = 0; n < 10; n += 1) book.retired(`registered-${n}`);
    expect(fill(book, (n) => asking(`again-${n}`))).toBeGreaterThanOrEqual(9);
    expect(count).toBeGreaterThan(0);
  });

  it('the registry continues with the state of an earlier version that kept all rows', () => {
    const registration: Registration = { revision: 7, kind: 'worker', type: 'ai', dependsOn: ['db'] };
    const book = new RegistryState({
      rows: [
        rowFor('bot', { registration: 7, ailing: ['db'], depends_on: ['db'] }),
        rowFor('db', { status: 'stopped' }),
      ],
      registrations: [['bot', registration]],
      leaving: ['db'],
      revision: 7,
    });
    expect(book.untoldRegistration('bot')).toBeUndefined();
    expect(book.untoldAiling('bot')).toBeUndefined();
    expect(book.isLeaving('db')).toBe(true);
    expect(book.recent).toMatchObject({ areAll: true, rows: [{ name: 'bot' }, { name: 'db' }] });
    const again = new RegistryState(JSON.parse(JSON.stringify(book.record)) as typeof book.record);
    expect(again.record).toEqual(book.record);
    expect(again.dependantsOf('db')).toEqual(['bot']);
    book.storeRow(rowFor('db', { status: 'running', updated_at: '2026-01-01T00:00:01.000Z' }));
    expect(book.untoldAiling('bot')).toMatchObject({ ailing: [] });
  });
});
