// The cancellation scope of all attempts, and the reason for its cancellation: a user, the deadline, or a newer
// deployment.
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { errorRecord } from '../contract/errors.js';
import type { StopReason } from '../contract/states.js';
import type { Outcome } from './outcome.js';

export class Stop {
  readonly scope = new CancellationScope();
  #reason: StopReason | undefined;
  #seconds = 0;

  /** Cancels the scope. The reason is recorded before, because the outcome follows from it. The first reason counts. */
  now(reason: StopReason): void {
    this.#reason ??= reason;
    this.scope.cancel();
  }

  /** Sets the deadline, in seconds from now. Time in the queue doesn't count. */
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

  /** Returns a failure for a deadline. Temporal's own cancellation, which has no reason, counts as the user's. */
  outcome(): Outcome {
    if (this.#reason === 'deadline') {
      return { kind: 'failed', error: errorRecord('deployment_timeout', { params: { seconds: this.#seconds } }) };
    }
    return { kind: 'cancelled', error: errorRecord(this.#reason === 'superseded' ? 'superseded' : 'cancelled') };
  }
}
