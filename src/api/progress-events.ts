// A deployment's progress as a stream: each event of its list with the body as of that event, and how it gets on between.
import { isEnded, type Language } from '../contract/states.js';
import { stateAt } from '../contract/state-at.js';
import { progressBody, type DeploymentState } from '../contract/views.js';
import type { DeploymentWatch } from './deployment-watches.js';
import { sseText } from './sse.js';

/** Between two percentages without an event. */
const INTERIM_MS = 2_000;
/** What is told is at most a query's deadline old: what happened since is not to be overtaken. */
const LATEST_MS = 2_000;

/**
 * The number in `Last-Event-ID`. What is no number was never given out: from the beginning. A larger one than the list
 * is long is taken at its word, as lists only grow: nothing is repeated.
 */
export const lastEventNumber = (header: string | undefined): number =>
  /^\d{1,9}$/.test(header ?? '') ? Number(header) : 0;

export async function* progressEvents(
  watch: DeploymentWatch,
  { after, language, signal }: { after: number; language: Language; signal: AbortSignal },
): AsyncGenerator<string> {
  let sent = after;
  let shown = { percentage: -1, atMs: Date.now() };
  for (;;) {
    const { value: state, stale } = watch.told;
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
    if (watch.told.value !== state) continue; // told again while the client took its time
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
