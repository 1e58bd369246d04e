import type { Response } from 'express';
import onHeaders from 'on-headers';

/**
 * Calls `act` once, when the status is final and before anything is sent. If the client has disconnected, Node sends no
 * headers; then `act` is called at the end of the response.
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
