// The gate's state: slots, queue, used idempotency keys and counters. Pure data and its changes.
import type { AdmitAnswer, DeploymentEnded, GateCounters, GateLoad, OutsideNames } from '../contract/messages.js';
import type { Mode } from '../contract/states.js';
import { jsonBytes } from '../contract/json-bytes.js';

/** The longest queue. */
export const LONGEST_QUEUE = 1000;
const MOST_KEYS = 5000;
/**
 * The state must stay below the size of a payload (2 MiB). Ids of deployments that were started manually are long. The
 * rest of the state takes at most 300 KB: estimates, recent ends, and names of external services.
 */
const MOST_TICKET_BYTES = 400_000;
/** The size of a ticket without its id and service. */
const TICKET_BYTES = 90;
const MOST_KEY_BYTES = 1_250_000;
const KEY_LIFE_MS = 24 * 60 * 60 * 1000;
/** Visibility lags by seconds, so the gate lists recent ends for this long. */
const RECENT_MS = 5 * 60 * 1000;
const MOST_RECENT = 200;
/** The number of services whose durations are stored for estimates. */
const MOST_ESTIMATES = 1000;

export interface Ticket {
  deploymentId: string;
  sequence: number;
  /** Epoch ms of its admission. */
  at: number;
  service: string | null;
}

export interface UsedKey {
  bodyMac: string;
  at: number;
  answer: AdmitAnswer;
}

/** Plain JSON, because continue-as-new carries it over. */
export interface GateState {
  limit: number;
  /**
   * The last sequence number. It follows the clock, so that a gate that lost its state continues above the earlier
   * numbers.
   */
  sequence: number;
  active: Ticket[];
  queued: Ticket[];
  /** Keyed by the hash of API key and idempotency key, oldest first. */
  keys: Record<string, UsedKey>;
  recent: { deploymentId: string; at: number }[];
  counters: GateCounters;
  estimates: Record<string, Partial<Record<Mode, number>>>;
  /** The external services, as the registry last sent them. Absent before the first message. */
  outside?: OutsideNames;
}

export function newGateState(limit: number): GateState {
  return {
    limit,
    sequence: 0,
    active: [],
    queued: [],
    keys: {},
    recent: [],
    counters: { total: 0, completed: 0, failed: 0, cancelled: 0, completedSeconds: 0 },
    estimates: {},
  };
}

export const hasRoom = (state: GateState): boolean => state.active.length < state.limit && !isLong(state);
export const queueIsFull = (state: GateState): boolean => state.queued.length >= LONGEST_QUEUE || isLong(state);

const isLong = ({ active, queued }: GateState): boolean =>
  [...active, ...queued].reduce((sum, ticket) => sum + ticketBytes(ticket), 0) > MOST_TICKET_BYTES;

/** Returns an upper bound of the ticket's bytes in JSON. Fast, because each admission sums up to a thousand tickets. */
function ticketBytes({ deploymentId, service }: Ticket): number {
  const isAscii = /^[\x20-\x7e]*$/.test(deploymentId);
  return (isAscii ? 1 : 3) * deploymentId.length + (service?.length ?? 0) + TICKET_BYTES;
}

export const isKnown = (state: GateState, deploymentId: string): boolean =>
  [...state.active, ...state.queued].some((ticket) => ticket.deploymentId === deploymentId);

export const isExternal = ({ outside }: GateState, service: string): boolean =>
  outside?.names.includes(service) ?? false;

export function setExternalServices(state: GateState, outside: OutsideNames): void {
  if (outside.revision > (state.outside?.revision ?? -1)) state.outside = outside;
}

/** Takes a slot, or the last place in the queue if there is no slot. Counts the deployment once. */
export function admit(
  state: GateState,
  deploymentId: string,
  service: string | null,
  now: number,
): { ticket: Ticket; queuePosition?: number } {
  state.sequence = Math.max(state.sequence + 1, now);
  state.counters.total += 1;
  const ticket = { deploymentId, sequence: state.sequence, at: now, service };
  if (hasRoom(state) && state.queued.length === 0) {
    state.active.push(ticket);
    return { ticket };
  }
  state.queued.push(ticket);
  return { ticket, queuePosition: state.queued.length };
}

/** Moves the longest waiting tickets into the free slots, and returns them. */
export function fillSlots(state: GateState): Ticket[] {
  const moved = state.queued.splice(0, Math.max(0, state.limit - state.active.length));
  state.active.push(...moved);
  return moved;
}

/**
 * Frees the slot or queue place of a deployment. A second end, or the end of an unknown deployment, changes nothing.
 */
export function release(state: GateState, ended: DeploymentEnded, now: number): boolean {
  const before = state.active.length + state.queued.length;
  state.active = state.active.filter(({ deploymentId }) => deploymentId !== ended.deploymentId);
  state.queued = state.queued.filter(({ deploymentId }) => deploymentId !== ended.deploymentId);
  if (state.active.length + state.queued.length === before) return false;
  count(state, ended);
  remember(state, ended.deploymentId, now);
  return true;
}

function count(state: GateState, { status, changed, service, mode, durationSeconds }: DeploymentEnded): void {
  state.counters[status] += 1;
  if (status !== 'completed') return;
  state.counters.completedSeconds += durationSeconds;
  if (!changed) return; // nothing was deployed, so the duration doesn't help to estimate the next deployment
  if (service !== null && mode !== null) estimate(state, service, mode, durationSeconds);
}

/** Updates the estimate. The previous estimate weighs half, so that one slow day doesn't last. */
function estimate(state: GateState, service: string, mode: Mode, seconds: number): void {
  const estimates = estimatesFor(state, service);
  const before = estimates[mode];
  const smoothed = before === undefined ? seconds : (before + seconds) / 2;
  const { [service]: moved, ...others } = state.estimates; // the latest service goes last
  const kept = Object.entries(others).slice(-(MOST_ESTIMATES - 1));
  state.estimates = {
    ...Object.fromEntries(kept),
    [service]: { ...estimates, [mode]: Math.max(1, Math.round(smoothed)) },
  };
}

/** Returns learned durations only: a service may be called `constructor`. */
export const estimatesFor = (state: GateState, service: string): Partial<Record<Mode, number>> =>
  (Object.hasOwn(state.estimates, service) && state.estimates[service]) || {};

function remember(state: GateState, deploymentId: string, now: number): void {
  const fresh = state.recent.filter(({ at }) => now - at < RECENT_MS);
  state.recent = [{ deploymentId, at: now }, ...fresh].slice(0, MOST_RECENT);
}

export function usedKey(state: GateState, hash: string, now: number): UsedKey | undefined {
  const used = state.keys[hash];
  return used && now - used.at < KEY_LIFE_MS ? used : undefined;
}

export function useKey(state: GateState, hash: string, used: UsedKey): void {
  const fresh = Object.entries(state.keys).filter(([, { at }]) => used.at - at < KEY_LIFE_MS);
  // Entries have similar sizes.
  const most = Math.min(MOST_KEYS, Math.floor(MOST_KEY_BYTES / jsonBytes({ [hash]: used })));
  state.keys = { ...Object.fromEntries(fresh.slice(1 - most)), [hash]: used };
}

export function loadOf(state: GateState): GateLoad {
  return {
    limit: state.limit,
    active: state.active.map(({ deploymentId }) => deploymentId),
    queued: state.queued.map(({ deploymentId }) => deploymentId),
    recentlyEnded: state.recent.map(({ deploymentId }) => deploymentId),
    counters: state.counters,
  };
}
