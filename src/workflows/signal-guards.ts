// Checks the shape of signals, which anybody who reaches Temporal can send. A wrong shape is dropped, so that it
// doesn't block the workflow forever.
import { log } from '@temporalio/workflow';

export type Kind = 'string' | 'number' | 'boolean' | 'object';

/** Returns true if a signal's input has at least these fields. Otherwise logs it; the caller then ignores it. */
export function hasShape(signal: string, input: unknown, fields: Record<string, Kind>): boolean {
  const value = (typeof input === 'object' ? input : null) as Record<string, unknown> | null;
  const wrong = Object.entries(fields).filter(
    ([name, kind]) => value === null || typeof value[name] !== kind || value[name] === null,
  );
  if (wrong.length > 0)
    log.warn('a signal of the wrong shape was dropped', { signal, missing: wrong.map(([name]) => name) });
  return wrong.length === 0;
}
