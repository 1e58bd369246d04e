// Signs Temporal's page tokens, because Temporal takes three seconds to reject an unknown token.
import type { Reach } from '../contract/permissions.js';
import type { Secrets } from '../secrets.js';

const MARK_CHARACTERS = 16;

/**
 * The list that a token belongs to. A token is valid only for the same list and for callers with access to the same
 * services.
 */
export interface Listing {
  list: 'deployments' | 'services';
  reach: Reach;
}

export const markCursor = (secrets: Secrets, listing: Listing, token: string): string =>
  markOf(secrets, listing, token) + token;

/** Returns the token, or undefined if this Slipway didn't create the cursor. */
export function openCursor(secrets: Secrets, listing: Listing, cursor: string): string | undefined {
  const token = cursor.slice(MARK_CHARACTERS);
  return markCursor(secrets, listing, token) === cursor ? token : undefined;
}

const markOf = (secrets: Secrets, { list, reach }: Listing, token: string): string =>
  secrets.mac(`cursor v2\0${JSON.stringify([list, reach])}\0${token}`).slice(0, MARK_CHARACTERS);
