// Signals come from anybody who reaches Temporal. One of the wrong shape is dropped: it must not jam the workflow for ever.
import { log } from '@temporalio/workflow';

export type Kind = 'string' | 'number' | 'boolean' | 'object';

/** Whether a signal's input holds at least these fields; when not, it is logged and to be ignored. */
export function isShaped(signal: string, input: unknown, fields: Record<string, Kind>): boolean {
  const value = (typeof input === 'object' ? input : null) as Record<string, unknown> | null;
  const wrong = Object.entries(fields).filter(
    ([name, kind]) => value === null || typeof value[name] !== kind || value[name] === null,
  );
  if (wrong.length > 0)
    log.warn('a signal of the wrong shape was dropped', { signal, missing: wrong.map(([name]) => name) });
  return wrong.length === 0;
}
