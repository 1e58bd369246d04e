// Handles Ctrl-C during a running operation: cancels it, or leaves it running.
import { createInterface } from 'node:readline/promises';

export interface InterruptPolicy {
  /** Cancels without a question, for scripts. */
  cancelAtOnce: boolean;
  question: string;
  cancel: () => void;
  detach: () => void;
  /** Pauses other output while a question is shown. */
  hold: () => void;
  release: () => void;
}

/** Installs the handlers. Returns a function that removes them. */
export function onInterrupt(policy: InterruptPolicy): () => void {
  let asking: AbortController | undefined;

  const handleSignal = (): void => {
    if (policy.cancelAtOnce) policy.cancel();
    else if (!process.stdin.isTTY || asking) policy.detach();
    else void ask();
  };

  /** Asks the question. A second Ctrl-C leaves the operation running. */
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

  process.on('SIGINT', handleSignal);
  process.on('SIGTERM', handleSignal);
  return () => {
    asking?.abort();
    process.off('SIGINT', handleSignal);
    process.off('SIGTERM', handleSignal);
  };
}
