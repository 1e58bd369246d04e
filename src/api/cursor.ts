// Page tokens of Temporal, given out with a mark: it would take three seconds to fail on one that it did not make.
import type { Secrets } from '../secrets.js';

const MARK_CHARACTERS = 16;

const markOf = (secrets: Secrets, token: string): string => secrets.mac(`cursor\0${token}`).slice(0, MARK_CHARACTERS);

export const markCursor = (secrets: Secrets, token: string): string => markOf(secrets, token) + token;

/** The token, or undefined for a cursor that was not given out here. */
export function openCursor(secrets: Secrets, cursor: string): string | undefined {
  const token = cursor.slice(MARK_CHARACTERS);
  return markCursor(secrets, token) === cursor ? token : undefined;
}
