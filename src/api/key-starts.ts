// What keys with a budget start: a journal for each key, which outlives restarts and is the same for every copy of the API.
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { KeyBudget } from '../contract/keys.js';
import { openJournal } from './journal.js';

export const HOUR_MS = 60 * 60 * 1000;
/** Nothing is in flight longer: a deployment takes an hour at most, and few wait a day for a slot. */
const DAY_MS = 24 * HOUR_MS;

/** `ended`: nothing of it runs or waits any more, so it counts for the hour alone. */
const OUTCOMES = ['begun', 'ended', 'refused'] as const;

const startSchema = z.object({
  id: z.string(),
  atMs: z.number(),
  /** How many deployments the call starts. */
  count: z.number(),
  deployment: z.string().optional(),
  batch: z.string().optional(),
  /** Absent while the call runs. It stays absent where the API ended meanwhile, or nobody knows how the call went. */
  outcome: z.enum(OUTCOMES).optional(),
});
export type Start = z.infer<typeof startSchema>;
export type StartOutcome = (typeof OUTCOMES)[number];
export type PlannedStart = Pick<Start, 'count' | 'deployment' | 'batch'>;

export interface KeyStarts {
  /** On the disk when it resolves. `before` are those that count and were noted earlier, the oldest first. */
  note(keyId: string, budget: KeyBudget, planned: PlannedStart): Promise<{ own: Start; before: Start[] }>;
  conclude(keyId: string, start: Start, outcome: StartOutcome): Promise<void>;
}

export function openKeyStarts(folder: string): KeyStarts {
  const keys = new Map<string, ReturnType<typeof openStartsOfKey>>();
  const startsOf = (keyId: string): ReturnType<typeof openStartsOfKey> => {
    const starts = keys.get(keyId) ?? openStartsOfKey(join(folder, keyId));
    keys.set(keyId, starts);
    return starts;
  };
  return {
    note: (keyId, budget, planned) => startsOf(keyId).note(budget, planned),
    conclude: (keyId, start, outcome) => startsOf(keyId).conclude({ ...start, outcome }),
  };
}

export const removeKeyStarts = (folder: string, keyId: string): Promise<void> =>
  rm(join(folder, keyId), { recursive: true, force: true });

function openStartsOfKey(folder: string) {
  /** In the order of the journal, by their ids. */
  const starts = new Map<string, Start>();
  const journal = openJournal(folder, {
    take(value) {
      const { data } = startSchema.safeParse(value);
      // A file begins with what its writer had read: an outcome that was written meanwhile stands in the one before it.
      const isKnown = data?.outcome === undefined && data !== undefined && starts.has(data.id);
      if (data && !isKnown) starts.set(data.id, data);
    },
    kept: () => starts.values(),
  });
  let turn: Promise<unknown> = Promise.resolve();
  return {
    note: (budget: KeyBudget, planned: PlannedStart) => inTurn(() => note(budget, planned)),
    conclude: (start: Start) => inTurn(() => journal.append(start, 'soon')),
  };

  async function note(budget: KeyBudget, planned: PlannedStart): Promise<{ own: Start; before: Start[] }> {
    const own: Start = { id: randomBytes(9).toString('base64url'), atMs: Date.now(), ...planned };
    forgetOld(budget);
    await journal.append(own, 'now');
    await journal.read(); // also what another copy of the API wrote
    forgetOld(budget);
    const before: Start[] = [];
    for (const start of starts.values()) {
      if (start.id === own.id) break;
      before.push(start);
    }
    return { own, before };
  }

  function forgetOld({ deployments_per_hour: perHour, in_flight: inFlight }: KeyBudget): void {
    const nowMs = Date.now();
    for (const start of starts.values()) {
      const ageMs = nowMs - start.atMs;
      const isOfHour = perHour !== undefined && ageMs < HOUR_MS;
      const mayRun = inFlight !== undefined && ageMs < DAY_MS && start.outcome !== 'ended';
      if (start.outcome === 'refused' || (!isOfHour && !mayRun)) starts.delete(start.id);
    }
  }

  /** A journal is read and written by one call of this process at a time. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => undefined); // whoever waits for this one hears of it
    return result;
  }
}
