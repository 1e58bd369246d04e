import type { Response } from 'express';
import onHeaders from 'on-headers';

/**
 * Calls `act` once, when the answer's status stands and before anything of the answer is sent. Node sends no headers to a
 * client that has left: then the end of the answer counts, which the call reaches all the same.
 */
export function onceAnswered(res: Response, act: () => void): void {
  let isDone = false;
  const actOnce = (): void => {
    if (isDone) return;
    isDone = true;
    act();
  };
  onHeaders(res, actOnce);
  const end = res.end.bind(res) as (...parts: unknown[]) => Response;
  res.end = (...parts: unknown[]): Response => {
    actOnce();
    return end(...parts);
  };
}
