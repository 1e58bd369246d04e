// Delivers the events of a deployment to its callback URL: one at a time, in order. Each is retried until the receiver
// accepts it or the retries end.
import { allHandlersFinished, condition, patched, setHandler, sleep, upsertMemo } from '@temporalio/workflow';
import { nextTry, orphanedEnd, type CallbackBody, type Delivery, type DeliveryResult } from '../contract/callbacks.js';
import { deliveriesQuery, eventSignal } from '../contract/messages.js';
import { VIEW_MEMO } from '../contract/names.js';
import type { Language } from '../contract/states.js';
import { startNextRun, HistoryLimit } from './continue-as-new.js';
import { measureDelivery } from './measures.js';
import { hasShape } from './signal-guards.js';
import { callbackSteps, quickReads } from './steps.js';

/**
 * A terminated deployment sends no event. After this time without an event, the workflow checks whether the deployment
 * has ended.
 */
const LONGEST_SILENCE_MS = 300_000;

export interface CallbacksInput {
  deploymentId: string;
  /** The service of the deployment. The URL is sealed for this service. */
  service: string | null;
  /** Sealed. */
  url: string;
  language: Language;
  /** Carried over by continue-as-new. */
  deliveries?: Delivery[];
  /** Tests lower both. */
  longestSilenceMs?: number;
  foldAfterEvents?: number;
}

export async function callbacks(input: CallbacksInput): Promise<void> {
  const deliveries = input.deliveries ?? [];
  const historyLimit = new HistoryLimit(input.foldAfterEvents);

  setHandler(deliveriesQuery, () => deliveries);
  setHandler(eventSignal, (bodies) => {
    if (Array.isArray(bodies)) bodies.forEach(take);
  });

  while (!isOver()) {
    const next = deliveries.find(({ status }) => status === 'pending');
    await (next ? deliver(next) : news());
    if (!historyLimit.isDue() || isOver()) continue;
    await condition(allHandlersFinished);
    if ((await historyLimit.isDisturbed()) && !(await untilSilence())) continue;
    return startNextRun<typeof callbacks>({ ...input, deliveries });
  }

  /** Returns false in runs of older versions, which deliver before the next check. */
  async function untilSilence(): Promise<boolean> {
    if (!patched('waits-for-silence')) return false;
    while (await historyLimit.isDisturbed());
    return true;
  }

  function take(body: CallbackBody): void {
    if (!hasShape('event', body, { event_id: 'string', event_type: 'string', sequence: 'number' })) return;
    const isKnown = deliveries.some((delivery) => delivery.body.sequence === body.sequence);
    if (!isKnown) deliveries.push({ body, status: 'pending', attempts: 0 });
  }

  function isOver(): boolean {
    const last = deliveries.at(-1);
    return (
      last !== undefined && last.status !== 'pending' && (last.body.event_type === 'ended' || last.status === 'dropped')
    );
  }

  async function news(): Promise<void> {
    const before = deliveries.length;
    if (await condition(() => deliveries.length > before, input.longestSilenceMs ?? LONGEST_SILENCE_MS)) return;
    const [ended] = await quickReads.findEnded({ deploymentIds: [input.deploymentId] });
    if (!ended || deliveries.length > before) return;
    take(orphanedEnd(input.deploymentId, deliveries.at(-1)?.body, ended, input.language));
  }

  async function deliver(delivery: Delivery): Promise<void> {
    if (delivery.dueMs !== undefined) await sleep(Math.max(1, delivery.dueMs - Date.now()));
    const { service, url } = input;
    const result = await callbackSteps.deliverCallback({ service, url, body: delivery.body });
    settle(delivery, result);
    measureDelivery(result);
    const isNews = delivery.status !== 'pending' || delivery.attempts === 1;
    if (isNews) upsertMemo({ [VIEW_MEMO]: deliveries }); // the API reads this memo while no worker responds
  }

  function settle(delivery: Delivery, result: DeliveryResult): void {
    const at = new Date().toISOString();
    delivery.attempts += 1;
    delivery.lastAttemptAt = at;
    delete delivery.dueMs;
    if (result.to !== null) delivery.to = result.to;
    if (result.status !== undefined) delivery.lastStatus = result.status;
    switch (result.kind) {
      case 'delivered':
        Object.assign(delivery, { status: 'delivered', deliveredAt: at });
        delete delivery.lastError;
        return;
      case 'gone':
        drop();
        return;
      case 'failed':
        delivery.lastError = result.reason;
        delivery.dueMs = nextTry(delivery, Date.now(), result.retryAfterMs);
        if (delivery.dueMs === undefined) delivery.status = 'failed';
    }
  }

  /** Drops all pending deliveries, because the receiver has declined further ones. */
  function drop(): void {
    for (const delivery of deliveries) if (delivery.status === 'pending') delivery.status = 'dropped';
  }
}
