// Records the starts of keys with a budget: one journal per key, which survives restarts and is shared by all copies of
// the API.
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Mutex } from 'async-mutex';
import { z } from 'zod';
import type { KeyBudget } from '../contract/keys.js';
import { openJournal } from './journal.js';

export const HOUR_MS = 60 * 60 * 1000;
/**
 * The longest time that a start can be in flight. A deployment takes at most an hour, and few wait a day for a slot.
 */
const DAY_MS = 24 * HOUR_MS;

/** `ended`: no deployment of the start is running or waiting, so the start counts only for the hourly limit. */
const OUTCOMES = ['begun', 'ended', 'refused'] as const;

const startSchema = z.object({
  id: z.string(),
  atMs: z.number(),
  /** The number of deployments that the call starts. */
  count: z.number(),
  deployment: z.string().optional(),
  batch: z.string().optional(),
  /** Absent while the call is running. Stays absent if the API ended, or if the outcome is unknown. */
  outcome: z.enum(OUTCOMES).optional(),
});
export type Start = z.infer<typeof startSchema>;
export type StartOutcome = (typeof OUTCOMES)[number];
export type PlannedStart = Pick<Start, 'count' | 'deployment' | 'batch'>;

export interface KeyStarts {
  /** Records a start, which is on disk when this resolves. `before` has the earlier starts that count, oldest first. */
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
  /** The starts by id, in the order of the journal. */
  const starts = new Map<string, Start>();
  const journal = openJournal(folder, {
    take(value) {
      const { data } = startSchema.safeParse(value);
      // A new file starts with the values that its writer had read. An outcome that was written at the same time is in
      // the previous file.
      const isKnown = data?.outcome === undefined && data !== undefined && starts.has(data.id);
      if (data && !isKnown) starts.set(data.id, data);
    },
    kept: () => starts.values(),
  });
  const journalTurn = new Mutex(); // calls of a journal must not overlap
  return {
    note: (budget: KeyBudget, planned: PlannedStart) => journalTurn.runExclusive(() => note(budget, planned)),
    conclude: (start: Start) => journalTurn.runExclusive(() => journal.append(start, 'soon')),
  };

  async function note(budget: KeyBudget, planned: PlannedStart): Promise<{ own: Start; before: Start[] }> {
    const own: Start = { id: randomBytes(9).toString('base64url'), atMs: Date.now(), ...planned };
    forgetOld(budget);
    await journal.append(own, 'now');
    await journal.read(); // includes values from other copies of the API
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
}
