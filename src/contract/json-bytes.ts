// The size of a value in JSON, as Temporal and the limits of requests count it.

/** Returns the number of bytes of a value in JSON, in UTF-8. */
export const jsonBytes = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;
