// Streams the progress of a deployment: each event with the body at the time of the event, and the percentage between
// events.
import { isEnded, type Language } from '../contract/states.js';
import { stateAt } from '../contract/state-at.js';
import { progressBody, type DeploymentState } from '../contract/views.js';
import type { DeploymentWatch } from './deployment-watches.js';
import { sseText } from './sse.js';

/** The time between two percentages without an event. */
const INTERIM_MS = 2_000;
/**
 * The longest delay of a state, which is the deadline of a query. Percentages between events use this delay, so that
 * they can't be ahead of the next event.
 */
const LATEST_MS = 2_000;

/**
 * Returns the number in `Last-Event-ID`, or 0 for any other text. A number beyond the end of the list is kept, because
 * lists only grow, so no event is repeated.
 */
export const lastEventNumber = (header: string | undefined): number =>
  /^\d+$/.test(header ?? '') ? Number(header) : 0;

export async function* progressEvents(
  watch: DeploymentWatch,
  { after, language, signal }: { after: number; language: Language; signal: AbortSignal },
): AsyncGenerator<string> {
  let sent = after;
  let shown = { percentage: -1, atMs: Date.now() };
  for (;;) {
    const { value: state, stale } = watch.latest;
    for (const { n, at } of state.events.slice(sent)) {
      const data = progressBody(stateAt(state, n), new Date(at), language);
      yield sseText({ id: String(n), event: 'progress', data });
      sent = n;
      shown = { percentage: data.progress_percentage, atMs: Date.now() };
    }
    if (isEnded(state.status)) {
      yield sseText({ event: 'end', data: progressBody(state, new Date(), language) });
      return;
    }
    if (watch.latest.value !== state) continue; // the state changed while the client was slow
    if (!stale && Date.now() - shown.atMs >= INTERIM_MS) {
      const data = progressBody(state, interimClock(state), language);
      if (data.progress_percentage !== shown.percentage) yield sseText({ event: 'progress', data });
      shown = { percentage: data.progress_percentage, atMs: Date.now() };
    }
    await watch.next(signal);
  }
}

function interimClock({ events, startTime }: DeploymentState): Date {
  return new Date(Math.max(Date.parse(events.at(-1)?.at ?? startTime), Date.now() - LATEST_MS));
}
