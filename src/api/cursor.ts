// Page tokens of Temporal, given out with a mark: it would take three seconds to fail on one that it did not make.
import type { Reach } from '../contract/permissions.js';
import type { Secrets } from '../secrets.js';

const MARK_CHARACTERS = 16;

/** Whose page it is: a token goes on in this list alone, for callers who reach the same services. */
export interface Listing {
  list: 'deployments' | 'services';
  reach: Reach;
}

export const markCursor = (secrets: Secrets, listing: Listing, token: string): string =>
  markOf(secrets, listing, token) + token;

/** The token, or undefined for a cursor that was not given out here. */
export function openCursor(secrets: Secrets, listing: Listing, cursor: string): string | undefined {
  const token = cursor.slice(MARK_CHARACTERS);
  return markCursor(secrets, listing, token) === cursor ? token : undefined;
}

const markOf = (secrets: Secrets, { list, reach }: Listing, token: string): string =>
  secrets.mac(`cursor v2\0${JSON.stringify([list, reach])}\0${token}`).slice(0, MARK_CHARACTERS);
