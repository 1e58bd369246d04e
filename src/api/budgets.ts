// How many deployments a key may start. A start is noted before it begins, and counts unless it is refused: whether its
// client hears the answer makes no difference.
import type { Request } from 'express';
import { HTTP_STATUS, SlipwayError, type HttpCode } from '../contract/errors.js';
import type { KeyBudget } from '../contract/keys.js';
import { callerOf } from './auth.js';
import type { ApiDeps } from './deps.js';
import { Refusal } from './errors.js';
import type { Gateway } from './gateway.js';
import { HOUR_MS, type PlannedStart, type Start, type StartOutcome } from './key-starts.js';

/** A call that has no outcome after so long ended with its API: Temporal alone says what it began. */
const CALL_MS = 60_000;
/** What is asked of Temporal before a start takes less, so that the start itself ends well within `CALL_MS`. */
const CHECK_MS = 20_000;
/** A slot may be free by then. */
const IN_FLIGHT_RETRY_SECONDS = 5;
/** So many queries to Temporal run side by side: a fraction of what it takes. */
const ASKED_AT_ONCE = 10;

export interface BudgetedStart<T> {
  planned: PlannedStart;
  start: () => Promise<T>;
  /** Whether the answer is about what was planned: a repeat of an earlier call is about what that one began. */
  isPlanned: (answer: T) => boolean;
}

type Deps = Pick<ApiDeps, 'keyStarts' | 'gateway' | 'log'>;

/** Starts what is planned. Throws 429, and starts nothing, when the caller's key has no budget left for it. */
export async function startWithinBudget<T>(deps: Deps, req: Request, work: BudgetedStart<T>): Promise<T> {
  const { planned, start, isPlanned } = work;
  const { budget, keyId } = callerOf(req);
  if (!budget) return start();
  const { own, before } = await deps.keyStarts.note(keyId, budget, planned);
  // One whose outcome can't be written goes on counting.
  const conclude = (one: Start, outcome: StartOutcome): Promise<void> =>
    deps.keyStarts.conclude(keyId, one, outcome).catch((err: unknown) => {
      deps.log.error({ err, key: keyId, start: one, outcome }, 'the outcome of a start could not be written');
    });
  try {
    mustBeWithinHour(budget, before, own);
    const ended = await mustBeInFlight(deps.gateway, budget, before, own);
    for (const one of ended) await conclude(one, 'ended');
    if (Date.now() - own.atMs > CHECK_MS) throw new SlipwayError('temporal_unavailable');
  } catch (error) {
    await conclude(own, 'refused');
    throw error;
  }
  try {
    const answer = await start();
    await conclude(own, isPlanned(answer) ? 'begun' : 'refused');
    return answer;
  } catch (error) {
    if (isRefusal(error)) await conclude(own, 'refused'); // after any other failure it may run
    throw error;
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof SlipwayError && error.code in HTTP_STATUS && HTTP_STATUS[error.code as HttpCode] < 500;

function mustBeWithinHour({ deployments_per_hour: limit }: KeyBudget, before: readonly Start[], own: Start): void {
  if (limit === undefined) return;
  const recent = before.filter(({ atMs }) => own.atMs - atMs < HOUR_MS);
  let over = recent.reduce((sum, { count }) => sum + count, own.count) - limit;
  if (over <= 0) return;
  let freeAtMs = own.atMs;
  for (const { atMs, count } of recent) {
    if (over <= 0) break;
    over -= count;
    freeAtMs = atMs + HOUR_MS;
  }
  throw refusal('rate_limited.per_hour', { limit, seconds: Math.max(1, Math.ceil((freeAtMs - own.atMs) / 1000)) });
}

/** Returns those of which nothing runs or waits any more. */
async function mustBeInFlight(
  gateway: Gateway,
  { in_flight: limit }: KeyBudget,
  before: readonly Start[],
  own: Start,
): Promise<Start[]> {
  if (limit === undefined) return [];
  const load = await gateway.readLoad();
  if (!load) throw new SlipwayError('temporal_unavailable');
  const unfinished = new Set([...load.active, ...load.queued]);
  const candidates = before.filter(({ outcome }) => outcome !== 'ended');
  const ended: Start[] = [];
  let inFlight = own.count;
  for (let at = 0; at < candidates.length && inFlight <= limit; at += ASKED_AT_ONCE) {
    const some = candidates.slice(at, at + ASKED_AT_ONCE);
    const counts = await Promise.all(some.map((start) => unfinishedOf(gateway, start, unfinished)));
    inFlight += counts.reduce((sum, count) => sum + count, 0);
    ended.push(...some.filter((_, index) => counts[index] === 0));
  }
  if (inFlight > limit) throw refusal('rate_limited.in_flight', { limit, seconds: IN_FLIGHT_RETRY_SECONDS });
  return ended;
}

/** How many of its deployments run, wait for a slot, or wait in their batch. */
async function unfinishedOf(gateway: Gateway, start: Start, unfinished: ReadonlySet<string>): Promise<number> {
  const { deployment, batch, count, outcome, atMs } = start;
  const isBeingBegun = outcome === undefined && Date.now() - atMs < CALL_MS;
  if (deployment !== undefined && unfinished.has(deployment)) return count;
  const state = batch === undefined ? undefined : (await gateway.readBatch(batch))?.value;
  if (!state) return isBeingBegun ? count : 0;
  if (state.status !== 'running') return 0;
  return state.items.filter(({ status }) => status === 'waiting' || status === 'running').length;
}

function refusal(text: 'rate_limited.per_hour' | 'rate_limited.in_flight', params: { limit: number; seconds: number }) {
  return new Refusal('rate_limited', { text, params }, { 'Retry-After': String(params.seconds) });
}
