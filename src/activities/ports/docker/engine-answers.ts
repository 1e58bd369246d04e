// The engine's error answers: their statuses, and a missing answer.

/** For an invalid Dockerfile or command. */
export const BAD_REQUEST = 400;
export const NOT_FOUND = 404;
/** For a network that a container uses. */
export const FORBIDDEN = 403;
/** In use, or being removed. */
export const CONFLICT = 409;

/** Returns the HTTP status of the engine's error. Undefined if the engine didn't answer. */
export const statusOf = (error: unknown): number | undefined => (error as { statusCode?: number }).statusCode;

/** Returns undefined if the engine answers that the object doesn't exist. Throws any other error. */
export async function unlessUnknown<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (statusOf(error) === NOT_FOUND) return undefined;
    throw error;
  }
}

/** Returns true if nothing listens at the engine's address. */
export const isAbsent = (error: unknown): boolean =>
  ['ENOENT', 'ECONNREFUSED', 'ENOTFOUND'].includes((error as NodeJS.ErrnoException).code ?? '');
