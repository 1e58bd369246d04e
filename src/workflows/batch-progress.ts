// The state of a batch: which items can start, which are skipped, and the status of each. Pure.
import type { BatchInput, BatchItem } from '../contract/messages.js';
import type { BatchItemStatus, BatchStatus } from '../contract/states.js';
import { blankBatch, type BatchItemState, type BatchState } from '../contract/batches.js';

type Reason = NonNullable<BatchItemState['reason']>;

export class BatchProgress {
  readonly state: BatchState;
  readonly #input: BatchInput;
  #cancelled = false;

  constructor(input: BatchInput, startTime: string) {
    this.#input = input;
    this.state = blankBatch(input.batchId, input.items, startTime);
  }

  get statuses(): BatchItemStatus[] {
    return this.state.items.map(({ status }) => status);
  }

  get isOver(): boolean {
    return this.state.items.every(({ status }) => status !== 'waiting' && status !== 'running');
  }

  get isCancelled(): boolean {
    return this.#cancelled;
  }

  /** Cancels the items that have not started. */
  cancel(): void {
    this.#cancelled = true;
    for (const item of this.#waiting()) this.ended(item, 'cancelled', { text: 'batch.cancelled', params: {} });
  }

  /** Returns the items to start now, and marks them as running. Items that can no longer start are skipped first. */
  take(): BatchItem[] {
    this.#skip();
    const free = this.#input.maxParallel - this.state.items.filter(({ status }) => status === 'running').length;
    const ready = this.#waiting().filter(({ after }) =>
      after.every((service) => this.#statusOf(service) === 'completed'),
    );
    const taken = ready.slice(0, Math.max(0, free));
    for (const { deploymentId } of taken) Object.assign(this.#itemOf(deploymentId), { status: 'running', begun: true });
    return taken;
  }

  ended({ deploymentId }: BatchItem, status: BatchItemStatus, reason?: Reason): void {
    const item = this.#itemOf(deploymentId);
    Object.assign(item, { status, ...(reason && { reason }) });
    if (status === 'skipped') delete item.begun; // the item was only checked: one of its dependencies is down
  }

  end(endTime: string): BatchStatus {
    const { items } = this.state;
    const isWhole = items.every(({ status }) => status === 'completed');
    const status = isWhole ? 'completed' : this.#cancelled ? 'cancelled' : 'failed';
    Object.assign(this.state, { status, endTime });
    return status;
  }

  /** Skips items recursively, because a skipped item has dependants of its own. */
  #skip(): void {
    const skipped = this.#waiting().flatMap((item) => {
      const reason = this.#hindranceOf(item);
      return reason ? [{ item, reason }] : [];
    });
    for (const { item, reason } of skipped) this.ended(item, 'skipped', reason);
    if (skipped.length > 0) this.#skip();
  }

  #hindranceOf({ after }: BatchItem): Reason | undefined {
    const broken = after.find((service) => ['failed', 'cancelled', 'skipped'].includes(this.#statusOf(service) ?? ''));
    if (broken !== undefined) return { text: 'batch.dependency_failed', params: { service: broken } };
    const stops = this.#input.onFailure === 'stop' && this.state.items.some(({ status }) => status === 'failed');
    return stops ? { text: 'batch.stopped', params: {} } : undefined;
  }

  #waiting(): BatchItem[] {
    return this.#input.items.filter(({ deploymentId }) => this.#itemOf(deploymentId).status === 'waiting');
  }

  #statusOf(service: string): BatchItemStatus | undefined {
    return this.state.items.find((item) => item.service === service)?.status;
  }

  #itemOf(deploymentId: string): BatchItemState {
    const item = this.state.items.find((entry) => entry.deploymentId === deploymentId);
    if (!item) throw new Error(`${deploymentId} is not of this batch`);
    return item;
  }
}
