import type { Response } from 'express';

/** Calls `act` when the answer's connection is over, also where the client has left before. */
export function onceClosed(res: Response, act: () => void): void {
  if (res.closed) act();
  else res.once('close', act);
}
