// The compensation stack. Each undo is pushed before its step, because a step may take effect and its result be lost.
import { CancellationScope, log } from '@temporalio/workflow';

/** The longest time to wait for an undo. The clean-up of a host that is lost removes the rest later. */
const LONGEST_UNDO = '60 seconds';

export class UndoStack {
  readonly #undos: { what: string; run: () => Promise<unknown> }[] = [];

  push(what: string, run: () => Promise<unknown>): void {
    this.#undos.push({ what, run });
  }

  /** Runs all undos, latest first, even after a cancellation. An undo that fails is logged. */
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
