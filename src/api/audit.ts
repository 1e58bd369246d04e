// The audit trail: one line for each admin action, written before its response is sent. Refused calls have a separate
// file, so that callers without permission can't push out entries of changes.
import { fdatasyncSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AUDIT_RESULTS, KeyBudget, TRAILS } from '../contract/keys.js';
import type { Action } from '../contract/permissions.js';
import type { Isolation, Role } from '../contract/states.js';
import type { ChainReport } from './audit-chain.js';
import { openTrail, type Trail, type TrailLimits } from './audit-trail.js';
import { createRefusalBudget } from './refusal-budget.js';

/** The tolerance for lines that are out of order, because several processes write at the same time. */
const DISORDER_MS = 60_000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** About three million lines: 40 hours of calls by one key at the default rate limit. */
const CHANGES_BYTES = 1024 * 1024 * 1024;
/** Two days of refusals at the maximum rate that is written. */
const REFUSALS_BYTES = 100 * 1024 * 1024;

export type TrailName = (typeof TRAILS)[number];

/** The subject of a call, as far as it is known. */
export interface AuditTarget {
  service?: string;
  deployment?: string;
  batch?: string;
  key?: string;
  /** The permissions of the key. After the key is revoked, only the audit trail has this information. */
  granted?: Grant;
  /** The number of deployments that the call starts. */
  count?: number;
  /** The isolation that the call sets for the service. */
  isolation?: Isolation;
}

/** The permissions of a key that is created or revoked. */
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
  /** Identifies the call. The entry after the response replaces the entry before the change. */
  id: string;
  at: string;
  /** Empty if no valid key was sent. */
  key_id: string;
  /** The display name of the key. */
  key_name?: string;
  user_id?: string;
  guild_id?: string;
  action: Action | 'authenticate';
  target?: AuditTarget;
  method: string;
  path: string;
  /** The HTTP status of the response. */
  status: number | null;
  /** `asked`: the call was allowed, but the API ended before it could write the result. */
  result: (typeof AUDIT_RESULTS)[number];
  address: string;
  /**
   * The number of refusals without an entry since the previous entry, from this origin and, if unattributed, from all
   * origins.
   */
  suppressed?: number;
}

export interface AuditFilter {
  /** ISO 8601, in UTC. */
  since?: string;
  until?: string;
  key?: string;
  service?: string;
  result?: AuditEntry['result'];
  /** Used by `latest`. Default: both trails. */
  trail?: TrailName;
}

export interface Audit {
  /**
   * Appends an entry to the trail of changes. `asked` entries are flushed to disk before the change. Throws if the
   * write fails.
   */
  record(entry: AuditEntry): void;
  /**
   * Appends an entry to the trail of refusals, up to a maximum number of entries per minute. Further refusals are only
   * counted.
   */
  recordRefusal(entry: AuditEntry): void;
  /** Returns entries of both trails, newest first. */
  latest(limit: number, filter?: AuditFilter): Promise<AuditEntry[]>;
  /** Returns the stored lines of one trail, oldest first. */
  lines(trail: TrailName, filter?: AuditFilter): AsyncGenerator<string>;
  verify(): Promise<Record<TrailName, ChainReport>>;
}

/** Opens the audit trail. `sync` flushes a file to disk. */
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
      // The result of a refused call replaces its `asked` entry in the other trail.
      const ids = new Set(refused.map(({ id }) => id));
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
  const listedIds = new Set<string>();
  for await (const line of trail.newestFirst()) {
    const entry = entryOf(line);
    if (!entry || listedIds.has(entry.id)) continue;
    if (filter.since !== undefined && Date.parse(entry.at) < Date.parse(filter.since) - DISORDER_MS) break;
    listedIds.add(entry.id);
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

/** Parses an entry. Returns undefined for a truncated line: its writer received an error. */
function entryOf(line: string): AuditEntry | undefined {
  try {
    const entry = JSON.parse(line) as unknown;
    return typeof entry === 'object' && entry !== null ? (entry as AuditEntry) : undefined;
  } catch {
    return undefined;
  }
}
