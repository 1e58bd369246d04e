// The compensation stack: each undo is pushed before its step, since a step may take effect and its answer be lost.
import { CancellationScope, log } from '@temporalio/workflow';

/** What a dead host keeps is found by that host's own clean-up: nobody waits for it longer than this. */
const LONGEST_UNDO = '60 seconds';

export class UndoStack {
  readonly #undos: { what: string; run: () => Promise<unknown> }[] = [];

  push(what: string, run: () => Promise<unknown>): void {
    this.#undos.push({ what, run });
  }

  /** Runs all, latest first, whatever was cancelled meanwhile. What could not be undone is logged. */
  async run(): Promise<void> {
    for (const { what, run } of this.#undos.splice(0).reverse()) {
      try {
        await CancellationScope.nonCancellable(() => CancellationScope.withTimeout(LONGEST_UNDO, run));
      } catch (error) {
        log.error('an undo failed', { what, error });
      }
    }
  }
}
