// Something that goes on in Slipway while it is watched from here: Ctrl-C cancels it, or leaves it alone.
import type { Context } from './context.js';
import { isRefused } from './errors.js';
import { onInterrupt } from './interrupts.js';

export interface Watched {
  /** Of the API: `…/cancel` cancels it. */
  path: string;
  cancelAtOnce: boolean;
  note: (text: string) => void;
  /** Nothing is to be printed from now on, while a question stands. */
  hold: () => void;
  release: () => void;
}

const LEFT = 'left';

export interface Watching {
  /** Aborted once nobody watches any more. */
  signal: AbortSignal;
  cancel: () => void;
  leave: () => void;
  /** Whether it was left. Throws what the cancel failed with. */
  wasLeft: () => Promise<boolean>;
  /** Ctrl-C is the program's end again. */
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

  /** What is watched tells how it goes on: the answer is only whether it was in time. */
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
