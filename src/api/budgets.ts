// Limits the number of deployments that a key may start. A start is recorded before it begins, and counts unless it is
// refused, even if the client doesn't receive the response.
import type { Request } from 'express';
import { HTTP_STATUS, SlipwayError, type HttpCode } from '../contract/errors.js';
import type { KeyBudget } from '../contract/keys.js';
import { callerOf } from './auth.js';
import type { ApiDeps } from './deps.js';
import { Refusal } from './errors.js';
import type { Gateway } from './gateway.js';
import { HOUR_MS, type PlannedStart, type Start, type StartOutcome } from './key-starts.js';

/** The time after which a call without an outcome counts as aborted. From then on, only Temporal's state decides. */
const CALL_MS = 60_000;
/** The longest time for the checks before a start, so that the start ends within `CALL_MS`. */
const CHECK_MS = 20_000;
/** The time after which a slot may be free. */
const IN_FLIGHT_RETRY_SECONDS = 5;
/** The maximum number of parallel queries to Temporal. */
const ASKED_AT_ONCE = 10;

export interface BudgetedStart<T> {
  planned: PlannedStart;
  start: () => Promise<T>;
  /**
   * Returns true if the response belongs to the planned start. A repeated call gets the response of the earlier start.
   */
  isPlanned: (answer: T) => boolean;
}

type Deps = Pick<ApiDeps, 'keyStarts' | 'gateway' | 'log'>;

/** Starts the planned deployments. Throws `rate_limited`, and starts nothing, if the key's budget is used up. */
export async function startWithinBudget<T>(deps: Deps, req: Request, work: BudgetedStart<T>): Promise<T> {
  const { planned, start, isPlanned } = work;
  const { budget, keyId } = callerOf(req);
  if (!budget) return start();
  const { own, before } = await deps.keyStarts.note(keyId, budget, planned);
  // If the outcome can't be written, the start continues to count.
  const conclude = (startRecord: Start, outcome: StartOutcome): Promise<void> =>
    deps.keyStarts.conclude(keyId, startRecord, outcome).catch((err: unknown) => {
      deps.log.error({ err, key: keyId, start: startRecord, outcome }, 'the outcome of a start could not be written');
    });
  try {
    mustBeWithinHour(budget, before, own);
    const ended = await mustBeInFlight(deps.gateway, budget, before, own);
    for (const startRecord of ended) await conclude(startRecord, 'ended');
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
    if (isRefusal(error)) await conclude(own, 'refused'); // after any other error, the deployment may be running
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

/** Returns the starts that have nothing running or waiting any more. */
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

/** Returns the number of the start's deployments that are running, queued, or waiting in their batch. */
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
