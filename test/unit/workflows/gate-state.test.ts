import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AdmitAnswer } from '../../../src/contract/messages.js';
import { ENDED_STATUSES, type EndedStatus } from '../../../src/contract/states.js';
import {
  admit,
  estimatesFor,
  fillSlots,
  hasRoom,
  setExternalServices,
  isKnown,
  isExternal,
  loadOf,
  newGateState,
  queueIsFull,
  release,
  usedKey,
  useKey,
  type GateState,
} from '../../../src/workflows/gate-state.js';

const ended = (deploymentId: string, status: EndedStatus = 'completed', durationSeconds = 1, service = 'shop') => ({
  deploymentId,
  status,
  service,
  mode: 'uv' as const,
  durationSeconds,
  at: '',
});

/** What the book should hold, said in the plainest way. */
interface Model {
  limit: number;
  active: string[];
  queued: string[];
  admitted: number;
  ends: number;
}
type Command = fc.Command<Model, GateState>;

function fill(model: Model): string[] {
  const moved = model.queued.splice(0, Math.max(0, model.limit - model.active.length));
  model.active.push(...moved);
  return moved;
}

/** What holds whatever happened. */
function agree(model: Model, book: GateState): void {
  const load = loadOf(book);
  expect([load.active, load.queued]).toEqual([model.active, model.queued]);
  const ids = [...load.active, ...load.queued];
  expect(new Set(ids).size).toBe(ids.length);
  const sequences = [...book.active, ...book.queued].map(({ sequence }) => sequence);
  expect(sequences).toEqual([...sequences].sort((a, b) => a - b)); // who came first is ahead, in slots as in the queue
  const { total, completed, failed, cancelled } = load.counters;
  expect(total).toBe(model.admitted);
  expect(completed + failed + cancelled).toBe(model.ends);
  expect(total - model.ends).toBe(ids.length);
}

class Admit implements Command {
  constructor(readonly id: string) {}
  check = (model: Readonly<Model>): boolean => !model.active.includes(this.id) && !model.queued.includes(this.id);
  run(model: Model, book: GateState): void {
    const goesAhead = model.active.length < model.limit && model.queued.length === 0;
    (goesAhead ? model.active : model.queued).push(this.id);
    model.admitted += 1;
    const before = book.sequence;
    const { ticket, queuePosition } = admit(book, this.id, 'shop', 0);
    expect(ticket.sequence).toBeGreaterThan(before);
    expect(queuePosition).toBe(goesAhead ? undefined : model.queued.length);
    if (goesAhead) expect(book.active.length).toBeLessThanOrEqual(book.limit);
    expect(isKnown(book, this.id)).toBe(true);
    agree(model, book);
  }
  toString = (): string => `admit ${this.id}`;
}

class End implements Command {
  constructor(
    readonly id: string,
    readonly status: EndedStatus,
  ) {}
  check = (): boolean => true;
  run(model: Model, book: GateState): void {
    const held = model.active.includes(this.id) || model.queued.includes(this.id);
    model.active = model.active.filter((id) => id !== this.id);
    model.queued = model.queued.filter((id) => id !== this.id);
    if (held) model.ends += 1;
    const before = book.counters[this.status];
    expect(release(book, ended(this.id, this.status), 0)).toBe(held);
    expect(release(book, ended(this.id, this.status), 0)).toBe(false); // told a second time
    expect(book.counters[this.status]).toBe(before + (held ? 1 : 0));
    expect(fillSlots(book).map(({ deploymentId }) => deploymentId)).toEqual(fill(model));
    agree(model, book);
  }
  toString = (): string => `end ${this.id} ${this.status}`;
}

class SetLimit implements Command {
  constructor(readonly limit: number) {}
  check = (): boolean => true;
  run(model: Model, book: GateState): void {
    model.limit = this.limit;
    book.limit = this.limit;
    const held = book.active.length;
    expect(fillSlots(book).map(({ deploymentId }) => deploymentId)).toEqual(fill(model));
    expect(book.active.length).toBeLessThanOrEqual(Math.max(this.limit, held)); // nobody is let in over the limit
    agree(model, book);
  }
  toString = (): string => `limit ${this.limit}`;
}

/** Folding: the book goes through JSON. */
class Fold implements Command {
  check = (): boolean => true;
  run(model: Model, book: GateState): void {
    Object.assign(book, JSON.parse(JSON.stringify(book)) as GateState);
    agree(model, book);
  }
  toString = (): string => 'fold';
}

describe('slots and queue of the gate', () => {
  it('the state of the gate is the same as a simple model of slots and queue after any commands', () => {
    const id = fc.integer({ min: 1, max: 9 }).map((n) => `d${n}`);
    const commands = fc.commands(
      [
        id.map((name) => new Admit(name)),
        id.map((name) => new Admit(name)),
        fc.tuple(id, fc.constantFrom(...ENDED_STATUSES)).map(([name, status]) => new End(name, status)),
        fc.integer({ min: 1, max: 4 }).map((limit) => new SetLimit(limit)),
        fc.constant(new Fold()),
      ],
      { maxCommands: 60 },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), commands, (limit, run) => {
        const model: Model = { limit, active: [], queued: [], admitted: 0, ends: 0 };
        fc.modelRun(() => ({ model, real: newGateState(limit) }), run);
      }),
      { numRuns: 300 },
    );
  });

  it('the end of an unknown deployment is ignored', () => {
    const book = newGateState(1);
    expect(release(book, ended('stranger'), 0)).toBe(false);
    expect(book.counters).toMatchObject({ total: 0, completed: 0 });
    expect(loadOf(book).recentlyEnded).toEqual([]);
  });

  it('the recently ended deployments are limited to five minutes and 200 entries, latest first', () => {
    const book = newGateState(1000);
    const end = (id: string, now: number): void => {
      admit(book, id, null, now);
      release(book, ended(id), now);
    };
    end('old', 0);
    end('recent', 60_000);
    end('latest', 5 * 60_000);
    expect(loadOf(book).recentlyEnded).toEqual(['latest', 'recent']);
    for (let i = 0; i < 300; i += 1) end(`d${i}`, 5 * 60_000);
    expect(loadOf(book).recentlyEnded).toHaveLength(200);
    expect(loadOf(book).recentlyEnded[0]).toBe('d299');
  });
});

describe('the size of the gate’s state', () => {
  const PAYLOAD_BYTES = 2 * 1024 ** 2;
  const longId = (n: number): string => `by-hand-${n}-`.padEnd(1000, 'x');
  const longName = (n: number): string => `s-${n}-`.padEnd(63, 'x');
  const hash = (n: number): string => String(n).padStart(64, '0');
  const answer: AdmitAnswer = {
    deploymentId: 'fallback_20260101_000000_abcdefgh',
    status: 'queued',
    startTime: '2026-01-01T00:00:00.000Z',
    estimatedSeconds: 480,
    queuePosition: 1000,
  };

  it('the state of the gate fits into a payload with the longest ids, names and idempotency keys', () => {
    const book = newGateState(1000);
    for (let n = 0; n < 2000 && (hasRoom(book) || !queueIsFull(book)); n += 1) admit(book, longId(n), longName(n), n);
    for (let n = 0; n < 1200; n += 1) {
      admit(book, `done-${n}`, longName(n), n);
      for (const mode of ['uv', 'docker', 'fallback'] as const)
        release(book, { ...ended(`done-${n}`, 'completed', 480.5, longName(n)), mode }, n);
    }
    const used = (n: number) => ({ bodyMac: hash(n), at: 1_700_000_000_000, answer });
    book.keys = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [hash(n), used(n)]));
    useKey(book, hash(5999), used(5999));
    setExternalServices(book, { names: Array.from({ length: 2000 }, (_, n) => longName(n)), revision: 1 });
    expect(Buffer.byteLength(JSON.stringify(book))).toBeLessThan(PAYLOAD_BYTES);
    expect(Object.keys(book.keys).length).toBeGreaterThan(3500);
    expect(usedKey(book, hash(5999), 1_700_000_000_000)).toBeDefined();
  });

  it('the queue can hold 1,000 deployments with ids from the API', () => {
    const book = newGateState(3);
    for (let n = 0; n < 1003; n += 1)
      admit(book, `fallback_20260101_000000_${String(n).padStart(8, '0')}`, longName(n), n);
    expect(book.queued).toHaveLength(1000);
    expect(queueIsFull({ ...book, queued: book.queued.slice(1) })).toBe(false);
  });

  it('the gate admits and queues no deployment while long ids from manual starts use up the space', () => {
    const book = newGateState(1000);
    for (let n = 0; n < 500; n += 1) admit(book, longId(n), null, n);
    expect([hasRoom(book), queueIsFull(book)]).toEqual([false, true]);
    for (let n = 0; n < 200; n += 1) release(book, ended(longId(n)), n);
    expect([hasRoom(book), queueIsFull(book)]).toEqual([true, false]);
  });
});

describe('idempotency keys of the gate', () => {
  const DAY = 24 * 60 * 60 * 1000;
  const used = (at: number) => ({ bodyMac: 'mac', at, answer: { deploymentId: 'd1' } as AdmitAnswer });

  it('an idempotency key is valid for one day', () => {
    const book = newGateState(1);
    useKey(book, 'a', used(1000));
    expect(usedKey(book, 'a', 1000 + DAY - 1)).toMatchObject({ bodyMac: 'mac' });
    expect(usedKey(book, 'a', 1000 + DAY)).toBeUndefined();
    expect(usedKey(book, 'b', 1000)).toBeUndefined();
  });

  it('at most 5,000 idempotency keys are kept, and expired and oldest keys are removed first', () => {
    const book = newGateState(1);
    useKey(book, 'stale', used(0));
    book.keys = { ...book.keys, ...Object.fromEntries(Array.from({ length: 4999 }, (_, i) => [`k${i}`, used(DAY)])) };
    useKey(book, 'new', used(DAY));
    expect(Object.keys(book.keys)).toHaveLength(5000);
    expect(usedKey(book, 'stale', DAY)).toBeUndefined();
    useKey(book, 'newest', used(DAY));
    expect(Object.keys(book.keys)).toHaveLength(5000);
    expect([usedKey(book, 'k0', DAY), usedKey(book, 'k1', DAY)]).toEqual([undefined, used(DAY)]);
    expect(usedKey(book, 'newest', DAY)).toBeDefined();
  });
});

describe('sequence numbers of the gate', () => {
  it('the sequence number increases with each admission, even if the clock stands still or goes back', () => {
    const book = newGateState(9);
    const given = [50, 50, 40, 60].map((now, i) => admit(book, `d${i}`, null, now).ticket.sequence);
    expect(given).toEqual([50, 51, 52, 60]);
  });

  it('the sequence numbers of a gate that lost its state are higher than its earlier numbers', () => {
    const lost = newGateState(9);
    const before = [1000, 1001, 1002].map((now, i) => admit(lost, `d${i}`, null, now).ticket.sequence);
    expect(admit(newGateState(9), 'next', null, 2000).ticket.sequence).toBeGreaterThan(Math.max(...before));
  });
});

describe('estimates of durations', () => {
  const learn = (book: GateState, service: string, seconds: number, status: EndedStatus = 'completed'): void => {
    admit(book, 'd', service, 0);
    release(book, { ...ended('d', status, seconds, service), changed: status === 'completed' }, 0);
  };

  it('an estimate is the mean of the last duration and the earlier estimate, for each service and mode', () => {
    const book = newGateState(1);
    learn(book, 'shop', 100);
    learn(book, 'shop', 20);
    learn(book, 'bot', 0.1);
    expect(estimatesFor(book, 'shop')).toEqual({ uv: 60 });
    expect(estimatesFor(book, 'bot')).toEqual({ uv: 1 }); // never nothing
  });

  it('only completed deployments change the estimates', () => {
    const book = newGateState(1);
    learn(book, 'shop', 100, 'failed');
    learn(book, 'shop', 100, 'cancelled');
    expect(estimatesFor(book, 'shop')).toEqual({});
    expect(book.counters.completedSeconds).toBe(0);
  });

  it('a deployment without changes doesn’t change the estimates', () => {
    const book = newGateState(1);
    learn(book, 'shop', 100);
    admit(book, 'd', 'shop', 0);
    release(book, { ...ended('d', 'completed', 0.1, 'shop'), changed: false }, 0);
    expect(estimatesFor(book, 'shop')).toEqual({ uv: 100 });
    expect(book.counters.completed).toBe(2);
  });

  it('estimates are kept for the 1,000 services that were deployed last', () => {
    const book = newGateState(1);
    for (let i = 0; i < 1001; i += 1) learn(book, `s${i}`, 5);
    expect(Object.keys(book.estimates)).toHaveLength(1000);
    expect(estimatesFor(book, 's0')).toEqual({});
    expect(estimatesFor(book, 's1000')).toEqual({ uv: 5 });
  });

  it('a service named constructor has no estimate before its first deployment', () => {
    const book = newGateState(1);
    expect(estimatesFor(book, 'constructor')).toEqual({});
    learn(book, 'constructor', 5);
    expect(estimatesFor(book, 'constructor')).toEqual({ uv: 5 });
  });
});

it('the gate keeps the external services of the highest revision, regardless of the order of arrival', () => {
  const book = newGateState(1);
  expect(isExternal(book, 'db')).toBe(false);
  setExternalServices(book, { names: ['db'], revision: 2 });
  setExternalServices(book, { names: [], revision: 1 });
  expect([isExternal(book, 'db'), isExternal(book, 'd')]).toEqual([true, false]);
  setExternalServices(book, { names: [], revision: 3 });
  expect(isExternal(book, 'db')).toBe(false);
});
