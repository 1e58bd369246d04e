// Watches an operation in Slipway. Ctrl-C cancels the operation, or stops watching it.
import type { Context } from './context.js';
import { isRefused } from './errors.js';
import { onInterrupt } from './interrupts.js';

export interface Watched {
  /** The API path of the operation. `…/cancel` cancels it. */
  path: string;
  cancelAtOnce: boolean;
  note: (text: string) => void;
  /** Pauses the output while a question is shown. */
  hold: () => void;
  release: () => void;
}

const LEFT = 'left';

export interface Watching {
  /** Aborted when watching ends. */
  signal: AbortSignal;
  cancel: () => void;
  leave: () => void;
  /** Returns true if the user stopped watching. Throws the error of a failed cancellation. */
  wasLeft: () => Promise<boolean>;
  /** Restores the default handling of Ctrl-C. */
  stop: () => void;
}

export function watch(context: Context, { path, cancelAtOnce, note, hold, release }: Watched): Watching {
  const { client, line } = context;
  const leaving = new AbortController();
  const { signal } = leaving;
  let cancelling: Promise<void> | undefined;

  const leave = (): void => {
    leaving.abort(LEFT);
  };
  const cancel = (): void => {
    cancelling ??= cancelIt().catch((error: unknown) => {
      leaving.abort(error);
    });
  };
  const stop = onInterrupt({ cancelAtOnce, question: line('cancel_question'), cancel, detach: leave, hold, release });
  return { signal, cancel, leave, wasLeft, stop };

  async function wasLeft(): Promise<boolean> {
    await cancelling;
    if (!signal.aborted) return false;
    if (signal.reason !== LEFT) throw signal.reason;
    return true;
  }

  /**
   * Sends the cancellation. The result is shown by the watched operation itself; the response only shows whether the
   * cancellation was in time.
   */
  async function cancelIt(): Promise<void> {
    note(line('cancelling'));
    try {
      await client.send(`${path}/cancel`, { method: 'POST', body: {} });
    } catch (error) {
      if (!isRefused(error, 'already_finished')) throw error;
      note(line('too_late', { message: error.problem.detail }));
    }
  }
}
