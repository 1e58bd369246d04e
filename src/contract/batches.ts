// The state of a batch, and the response body that is built from it.
import type { BatchItemStatus, BatchStatus, Language } from './states.js';
import { translate, type StoredMessage } from './texts.js';
import { round, secondsBetween } from './views.js';

export interface BatchItemState {
  service: string;
  deploymentId: string;
  status: BatchItemStatus;
  /** Set if a deployment with this id exists. */
  begun?: true;
  /** The reason why the item didn't complete. The API and the CLI render the text. */
  reason?: StoredMessage;
}

/**
 * The state that the batch workflow keeps. The state is available by query while the workflow runs, and in the memo
 * after the workflow's end.
 */
export interface BatchState {
  batchId: string;
  status: BatchStatus;
  startTime: string;
  endTime?: string;
  items: BatchItemState[];
}

/** Returns the state of a batch that hasn't started. */
export function blankBatch(
  batchId: string,
  items: readonly Pick<BatchItemState, 'service' | 'deploymentId'>[],
  startTime: string,
): BatchState {
  const waiting = items.map(({ service, deploymentId }) => ({ service, deploymentId, status: 'waiting' as const }));
  return { batchId, status: 'running', startTime, items: waiting };
}

/**
 * Returns true if the item's deployment was started. States from the memo lack `begun`, so the status decides, and
 * cancelled items count as not started.
 */
const hasBegun = ({ begun, status }: BatchItemState): boolean =>
  begun ?? !['waiting', 'skipped', 'cancelled'].includes(status);

/** Builds the response body of a batch. `progress` has the percentage of each running deployment, by deployment id. */
export function batchBody(state: BatchState, progress: ReadonlyMap<string, number>, language: Language) {
  const { batchId, status, items, startTime, endTime } = state;
  const count = (wanted: BatchItemStatus): number => items.filter((item) => item.status === wanted).length;
  const percent = (item: BatchItemState): number => {
    if (item.status === 'waiting') return 0;
    return item.status === 'running' ? (progress.get(item.deploymentId) ?? 0) : 100;
  };
  return {
    batch_id: batchId,
    status,
    start_time: startTime,
    ...(endTime !== undefined && {
      end_time: endTime,
      duration_seconds: round(secondsBetween(startTime, endTime)),
    }),
    progress_percentage: round(items.reduce((sum, item) => sum + percent(item), 0) / items.length),
    total: items.length,
    completed: count('completed'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    skipped: count('skipped'),
    items: items.map((item) => ({
      service: item.service,
      deployment_id: hasBegun(item) ? item.deploymentId : null,
      status: item.status,
      reason: item.reason ? translate(item.reason.text, item.reason.params, language) : null,
    })),
  };
}
