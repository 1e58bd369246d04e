// Builds the list of services from Temporal's list, which lags, and the recent changes.
import type { RecentServices } from '../contract/messages.js';
import { reaches, type Reach } from '../contract/permissions.js';
import type { ServiceRow } from '../contract/views.js';

/** The longest delay until Temporal lists a new workflow. */
const LISTED_WITHIN_MS = 60_000;

export interface ServicePage {
  /** Sorted by name. */
  rows: ServiceRow[];
  /** Absent on the last page. */
  cursor?: string;
}

/**
 * Drops rows of older versions that lack the mode of the active release. Temporal's list has their mode, because the
 * services haven't changed since.
 */
export function tellingModes(recent: RecentServices): RecentServices {
  const rows = recent.rows.filter(({ active_release: release, mode }) => release === null || mode !== undefined);
  return rows.length === recent.rows.length ? recent : { ...recent, rows, areAll: false };
}

/** Returns Temporal's rows (latest started first), updated with the recent changes. */
export function refreshed(listed: readonly ServiceRow[], { rows, left }: RecentServices): ServiceRow[] {
  const recent = new Map(rows.map((row) => [row.name, row]));
  return listed
    .filter(({ name }) => recent.has(name) || !left.includes(name))
    .map((row) => newer(row, recent.get(row.name)));
}

const newer = (row: ServiceRow, other: ServiceRow | undefined): ServiceRow =>
  other && other.updated_at >= row.updated_at ? other : row;

/** Returns the services that are so new that Temporal doesn't list them yet. */
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
