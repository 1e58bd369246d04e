// The list of services: what Temporal lists, which lags behind, with what changed last in its place. Pure.
import type { RecentServices } from '../contract/messages.js';
import { reaches, type Reach } from '../contract/permissions.js';
import type { ServiceRow } from '../contract/views.js';

/** Temporal lists a workflow that has just begun a moment later. */
const LISTED_WITHIN_MS = 60_000;

export interface ServicePage {
  /** By name. */
  rows: ServiceRow[];
  /** Absent after the last page. */
  cursor?: string;
}

/** Rows that an older Slipway told don't say the mode of what runs: Temporal's list does, as they haven't changed since. */
export function tellingModes(recent: RecentServices): RecentServices {
  const rows = recent.rows.filter(({ active_release: release, mode }) => release === null || mode !== undefined);
  return rows.length === recent.rows.length ? recent : { ...recent, rows, areAll: false };
}

/** Temporal's page, latest started first, as the registry knows it by now. */
export function refreshed(listed: readonly ServiceRow[], { rows, left }: RecentServices): ServiceRow[] {
  const recent = new Map(rows.map((row) => [row.name, row]));
  return listed
    .filter(({ name }) => recent.has(name) || !left.includes(name))
    .map((row) => newer(row, recent.get(row.name)));
}

const newer = (row: ServiceRow, other: ServiceRow | undefined): ServiceRow =>
  other && other.updated_at >= row.updated_at ? other : row;

/** What began so lately that Temporal may not list it yet, and did not. */
export function unlisted(
  listed: readonly ServiceRow[],
  { rows }: RecentServices,
  reach: Reach,
  nowMs: number,
): ServiceRow[] {
  const names = new Set(listed.map(({ name }) => name));
  return rows.filter(
    ({ name, created_at }) =>
      !names.has(name) && reaches(reach, name) && nowMs - Date.parse(created_at) < LISTED_WITHIN_MS,
  );
}

export const byName = (a: ServiceRow, b: ServiceRow): number => (a.name < b.name ? -1 : 1);
