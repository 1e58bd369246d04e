// A batch: the state its workflow tells, and the body made from it (contract §3.7). Pure.
import type { BatchItemStatus, BatchStatus, Language } from './states.js';
import { say, type TextKey, type TextParams } from './texts.js';
import { round, secondsBetween } from './views.js';

export interface BatchItemState {
  service: string;
  deploymentId: string;
  status: BatchItemStatus;
  /** Whether there is a deployment of that id. */
  begun?: true;
  /** Why it did not complete, to be put into words at the edge. */
  reason?: { text: TextKey; params: TextParams };
}

/** Kept by the batch's workflow: told by query while it runs, and by memo once it ended. */
export interface BatchState {
  batchId: string;
  status: BatchStatus;
  startTime: string;
  endTime?: string;
  items: BatchItemState[];
}

/** What is told of a batch before it has begun. */
export function blankBatch(
  batchId: string,
  items: readonly Pick<BatchItemState, 'service' | 'deploymentId'>[],
  startTime: string,
): BatchState {
  const waiting = items.map(({ service, deploymentId }) => ({ service, deploymentId, status: 'waiting' as const }));
  return { batchId, status: 'running', startTime, items: waiting };
}

/** What its memo alone tells says so of all but the cancelled. */
const hasBegun = ({ begun, status }: BatchItemState): boolean =>
  begun ?? !['waiting', 'skipped', 'cancelled'].includes(status);

/** Contract §3.7. `progress`: of deployments under way, in percent. */
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
      reason: item.reason ? say(item.reason.text, item.reason.params, language) : null,
    })),
  };
}
