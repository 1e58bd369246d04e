import type { Response } from 'express';

/** Calls `act` when the response's connection closes, or immediately if it is already closed. */
export function onceClosed(res: Response, act: () => void): void {
  if (res.closed) act();
  else res.once('close', act);
}
