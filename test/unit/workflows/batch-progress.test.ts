import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BatchItem } from '../../../src/contract/messages.js';
import { startRequestSchema } from '../../../src/contract/requests.js';
import type { EndedStatus } from '../../../src/contract/states.js';
import { BatchProgress } from '../../../src/workflows/batch-progress.js';

const request = startRequestSchema.parse({});
const item = (service: string, after: string[] = []): BatchItem => ({
  deploymentId: `d-${service}`,
  service,
  request,
  configMac: 'mac',
  after,
  needs: [],
});
const book = (items: BatchItem[], onFailure: 'continue' | 'stop' = 'continue', maxParallel = 10): BatchProgress =>
  new BatchProgress({ batchId: 'b', items, onFailure, maxParallel, answerBy: Infinity }, '2026-01-01T00:00:00.000Z');
const names = (items: BatchItem[]): string[] => items.map(({ service }) => service);
const statuses = ({ state }: BatchProgress): Record<string, string> =>
  Object.fromEntries(state.items.map(({ service, status }) => [service, status]));

/** Any batch without a circle: an item needs only such as come before it. */
const batches = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 12 })
  .map((needs) =>
    needs.map((indexes, at) => item(`s${at}`, at === 0 ? [] : [...new Set(indexes.map((index) => `s${index % at}`))])),
  );

describe('batches of any shape', () => {
  it('a batch ends in the order of its dependencies within its limit, and each item has exactly one end', () => {
    const ends = fc.array(fc.constantFrom<EndedStatus>('completed', 'completed', 'failed', 'cancelled'), {
      minLength: 12,
      maxLength: 12,
    });
    fc.assert(
      fc.property(batches, ends, fc.integer({ min: 1, max: 4 }), fc.boolean(), (items, outcomes, limit, stops) => {
        const batch = book(items, stops ? 'stop' : 'continue', limit);
        const running: BatchItem[] = [];
        const begun = new Set<string>();
        for (let round = 0; !batch.isOver; round += 1) {
          expect(round).toBeLessThan(100);
          for (const taken of batch.take()) {
            expect(begun.has(taken.service)).toBe(false);
            begun.add(taken.service);
            for (const needed of taken.after) expect(statuses(batch)[needed]).toBe('completed');
            running.push(taken);
          }
          expect(running.length).toBeLessThanOrEqual(limit);
          const next = running.shift();
          if (next) batch.ended(next, outcomes[Number(next.service.slice(1))]!);
        }
        expect(running).toEqual([]);
        const whole = Object.values(statuses(batch)).every((status) => status === 'completed');
        expect(batch.end('2026-01-01T00:01:00.000Z')).toBe(whole ? 'completed' : 'failed');
        if (stops) return;
        for (const { service, after } of items) {
          const isBroken = after.some((needed) => statuses(batch)[needed] !== 'completed');
          expect(statuses(batch)[service] === 'skipped').toBe(isBroken);
        }
      }),
    );
  });

  it('a cancelled batch starts no more items, and its status is cancelled unless all items have completed', () => {
    fc.assert(
      fc.property(batches, fc.nat(12), (items, rounds) => {
        const batch = book(items);
        const done: BatchItem[] = [];
        for (let round = 0; round < rounds && !batch.isOver; round += 1)
          for (const taken of batch.take()) {
            batch.ended(taken, 'completed');
            done.push(taken);
          }
        batch.cancel();
        expect(batch.take()).toEqual([]);
        expect(batch.isOver).toBe(true);
        expect(batch.end('')).toBe(done.length === items.length ? 'completed' : 'cancelled');
      }),
    );
  });
});

it('items that need a failed item are skipped, directly or indirectly, with the service that caused the skip', () => {
  const batch = book([item('db'), item('api', ['db']), item('bot', ['api']), item('other')]);
  expect(names(batch.take())).toEqual(['db', 'other']);
  batch.ended(item('db'), 'failed');
  expect(batch.take()).toEqual([]);
  expect(statuses(batch)).toEqual({ db: 'failed', api: 'skipped', bot: 'skipped', other: 'running' });
  expect(batch.state.items.map(({ reason }) => reason?.params['service'])).toEqual([undefined, 'db', 'api', undefined]);
});

it('a batch with on_failure stop skips waiting items after a failure, and running items complete', () => {
  const batch = book([item('a'), item('b'), item('c')], 'stop', 2);
  expect(names(batch.take())).toEqual(['a', 'b']);
  batch.ended(item('a'), 'failed');
  expect(batch.take()).toEqual([]);
  expect(statuses(batch)).toEqual({ a: 'failed', b: 'running', c: 'skipped' });
  batch.ended(item('b'), 'completed');
  expect(batch.isOver).toBe(true);
});
