// The audit trail: one line for each admin action, before its answer is sent. Refusals stand in a file of their own, so that
// nobody who may do nothing can push out what was done.
import { fdatasyncSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AUDIT_RESULTS, KeyBudget, TRAILS } from '../contract/keys.js';
import type { Action } from '../contract/permissions.js';
import type { Isolation, Role } from '../contract/states.js';
import type { ChainReport } from './audit-chain.js';
import { openTrail, type Trail, type TrailLimits } from './audit-trail.js';
import { createRefusalBudget } from './refusal-budget.js';

/** Processes that write at once may write a little out of order. */
const DISORDER_MS = 60_000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** About three million lines: forty hours of a single key at the default limit of calls. */
const CHANGES_BYTES = 1024 * 1024 * 1024;
/** Two days of the most refusals that are written. */
const REFUSALS_BYTES = 100 * 1024 * 1024;

export type TrailName = (typeof TRAILS)[number];

/** What a call was about, as far as it is known. */
export interface AuditTarget {
  service?: string;
  deployment?: string;
  batch?: string;
  key?: string;
  /** What that key may do: it is known here alone once the key is revoked. */
  granted?: Grant;
  /** Deployments that the call starts. */
  count?: number;
  /** What the call sets for the service. */
  isolation?: Isolation;
}

/** Of a key that is made or revoked. */
export interface Grant {
  role: Role;
  name?: string;
  scopes?: readonly string[];
  services?: readonly string[];
  policy?: string;
  budget?: KeyBudget;
  expires_at?: string;
}

export interface AuditEntry {
  /** Of the call: the line of its answer takes the place of the one from before it. */
  id: string;
  at: string;
  /** Empty where no valid key was presented. */
  key_id: string;
  /** What people call the key. */
  key_name?: string;
  user_id?: string;
  guild_id?: string;
  action: Action | 'authenticate';
  target?: AuditTarget;
  method: string;
  path: string;
  /** HTTP status of the answer. */
  status: number | null;
  /** `asked`: it was let through, and the API ended before it could say how it went. */
  result: (typeof AUDIT_RESULTS)[number];
  address: string;
  /** Refusals of the same origin, or of all, that left no line of their own since the line before. */
  suppressed?: number;
}

export interface AuditFilter {
  /** ISO 8601, in UTC. */
  since?: string;
  until?: string;
  key?: string;
  service?: string;
  result?: AuditEntry['result'];
  /** Of `latest`: both where it is left out. */
  trail?: TrailName;
}

export interface Audit {
  /** Written when it returns, and `asked` on the disk: nothing is changed before. Throws when it is not. */
  record(entry: AuditEntry): void;
  /** As above, but not more than a budget of lines in a minute: those beyond it are counted. */
  recordRefusal(entry: AuditEntry): void;
  /** Of both trails, latest first. */
  latest(limit: number, filter?: AuditFilter): Promise<AuditEntry[]>;
  /** Lines of one trail as they stand on the disk, oldest first. */
  lines(trail: TrailName, filter?: AuditFilter): AsyncGenerator<string>;
  verify(): Promise<Record<TrailName, ChainReport>>;
}

/** `sync` has the system put a file's lines on the disk. */
export function openAudit(path: string, keptDays = 365, sync: TrailLimits['sync'] = fdatasyncSync): Audit {
  const keptMs = keptDays * DAY_MS;
  const trails: Record<TrailName, Trail> = {
    changes: openTrail(path, { keptMs, largestBytes: CHANGES_BYTES, sync }),
    refusals: openTrail(join(dirname(path), 'audit-refused.log'), { keptMs, largestBytes: REFUSALS_BYTES, sync }),
  };
  const budget = createRefusalBudget();

  return {
    record: (entry) => {
      trails.changes.append(entry, entry.result === 'asked' ? 'now' : 'soon');
    },
    recordRefusal(entry) {
      const suppressed = budget.take(entry.key_id === '' ? entry.address : entry.key_id);
      if (suppressed !== undefined) trails.refusals.append({ ...entry, ...(suppressed > 0 && { suppressed }) }, 'soon');
    },
    async latest(limit, filter = {}) {
      const refused = filter.trail === 'changes' ? [] : await latestOf(trails.refusals, limit, filter);
      const changed = filter.trail === 'refusals' ? [] : await latestOf(trails.changes, limit, filter);
      const ids = new Set(refused.map(({ id }) => id)); // the line of an answer, also where it stands in the other trail
      const all = [...refused, ...changed.filter(({ id }) => !ids.has(id))];
      return all.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).slice(0, limit);
    },
    async *lines(trail, filter = {}) {
      for await (const line of trails[trail].oldestFirst()) {
        const entry = entryOf(line);
        if (entry && matches(entry, filter)) yield line;
      }
    },
    verify: async () => ({ changes: await trails.changes.verify(), refusals: await trails.refusals.verify() }),
  };
}

async function latestOf(trail: Trail, limit: number, filter: AuditFilter): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  const seen = new Set<string>();
  for await (const line of trail.newestFirst()) {
    const entry = entryOf(line);
    if (!entry || seen.has(entry.id)) continue;
    if (filter.since !== undefined && Date.parse(entry.at) < Date.parse(filter.since) - DISORDER_MS) break;
    seen.add(entry.id);
    if (matches(entry, filter)) entries.push(entry);
    if (entries.length >= limit) break;
  }
  return entries;
}

function matches({ at, key_id, target, result }: AuditEntry, filter: AuditFilter): boolean {
  return (
    (filter.since === undefined || at >= filter.since) &&
    (filter.until === undefined || at < filter.until) &&
    (filter.key === undefined || key_id === filter.key) &&
    (filter.service === undefined || target?.service === filter.service) &&
    (filter.result === undefined || result === filter.result)
  );
}

/** Undefined for half a line: whoever wrote it was told that it failed. */
function entryOf(line: string): AuditEntry | undefined {
  try {
    const entry = JSON.parse(line) as unknown;
    return typeof entry === 'object' && entry !== null ? (entry as AuditEntry) : undefined;
  } catch {
    return undefined;
  }
}
