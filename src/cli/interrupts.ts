// Ctrl-C while something goes on in Slipway: whether to cancel it, or to leave and let it go on.
import { createInterface } from 'node:readline/promises';

export interface InterruptPolicy {
  /** Asks nobody: for scripts. */
  cancelAtOnce: boolean;
  question: string;
  cancel: () => void;
  detach: () => void;
  /** Nothing else is to be printed while a question stands. */
  hold: () => void;
  release: () => void;
}

/** Returns how to stop listening. */
export function onInterrupt(policy: InterruptPolicy): () => void {
  let asking: AbortController | undefined;

  const heard = (): void => {
    if (policy.cancelAtOnce) policy.cancel();
    else if (!process.stdin.isTTY || asking) policy.detach();
    else void ask();
  };

  /** Answers come by Ctrl-C too: the second one leaves. */
  async function ask(): Promise<void> {
    asking = new AbortController();
    policy.hold();
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    lines.once('SIGINT', () => {
      asking?.abort();
      policy.detach();
    });
    try {
      const answer = await lines.question(`\n${policy.question} `, { signal: asking.signal });
      if (/^\s*y/i.test(answer)) policy.cancel();
    } catch (error) {
      if (!asking.signal.aborted) throw error;
    } finally {
      lines.close();
      asking = undefined;
      policy.release();
    }
  }

  process.on('SIGINT', heard);
  process.on('SIGTERM', heard);
  return () => {
    asking?.abort();
    process.off('SIGINT', heard);
    process.off('SIGTERM', heard);
  };
}
