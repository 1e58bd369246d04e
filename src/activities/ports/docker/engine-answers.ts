// How the engine refuses: what its statuses mean, and that nobody answered.

/** Of a Dockerfile or a command that makes no sense to it. */
export const BAD_REQUEST = 400;
export const NOT_FOUND = 404;
/** Of a network that a container uses. */
export const FORBIDDEN = 403;
/** In use, or being removed. */
export const CONFLICT = 409;

/** The HTTP status that the engine refused with; undefined when it did not answer. */
export const statusOf = (error: unknown): number | undefined => (error as { statusCode?: number }).statusCode;

/** The engine answered that there is no such thing; anything else is a failure. */
export async function unlessUnknown<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (statusOf(error) === NOT_FOUND) return undefined;
    throw error;
  }
}

/** Nobody listens where the engine should be. */
export const isAbsent = (error: unknown): boolean =>
  ['ENOENT', 'ECONNREFUSED', 'ENOTFOUND'].includes((error as NodeJS.ErrnoException).code ?? '');
