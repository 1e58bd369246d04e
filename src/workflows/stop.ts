// One scope around all attempts, and why it was cancelled: by a caller, by the deadline, by a newer deployment.
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { errorRecord } from '../contract/errors.js';
import type { StopReason } from '../contract/states.js';
import type { Outcome } from './outcome.js';

export class Stop {
  readonly scope = new CancellationScope();
  #reason: StopReason | undefined;
  #seconds = 0;

  /** The reason is recorded before the cancel: the outcome follows from it. The first one counts. */
  now(reason: StopReason): void {
    this.#reason ??= reason;
    this.scope.cancel();
  }

  /** Sets the deadline, in seconds from now. Time in the queue is over by then. */
  after(seconds: number): void {
    this.#seconds = seconds;
    sleep(seconds * 1000).then(
      () => {
        this.now('deadline');
      },
      (error: unknown) => {
        if (!isCancellation(error)) throw error; // stopped before its deadline
      },
    );
  }

  get stopped(): boolean {
    return this.scope.consideredCancelled;
  }

  /** A deadline is a failure; Temporal's own cancellation (which gives no reason) is a cancellation like the user's. */
  outcome(): Outcome {
    if (this.#reason === 'deadline') {
      return { kind: 'failed', error: errorRecord('deployment_timeout', { params: { seconds: this.#seconds } }) };
    }
    return { kind: 'cancelled', error: errorRecord(this.#reason === 'superseded' ? 'superseded' : 'cancelled') };
  }
}
