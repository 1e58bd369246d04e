// Checks the external services that are assigned to this host, and reports their health.
import type { HttpPort } from '../activities/ports/http-port.js';
import type { Outside, OutsideReason } from '../contract/messages.js';
import type { Health } from '../contract/states.js';
import { NO_TICKS, nextTicks } from './health-ticks.js';
import type { LossFinder } from './host-loss.js';
import { isSameReason, reasonOf } from './outside-reason.js';
import { passed } from '../waiting.js';
import { createReporter, type Report, type WatcherLog } from './reporter.js';

/** The longest time until a new service is checked first. */
const LIST_EVERY_MS = 3_000;
const TICK_MS = 10_000;
const TICK_TIMEOUT_MS = 5_000;
/** Returns true for 2xx and 3xx. Other statuses mean that the health URL isn't healthy. */
const isGoodStatus = (status: number): boolean => status >= 200 && status < 400;

export interface OutsideWatcherDeps {
  hostId: string;
  http: HttpPort;
  /** Returns all registered external services. Each host checks its own while it beats. */
  list: () => Promise<Outside[]>;
  isLost: LossFinder;
  report: Report;
  log: WatcherLog;
  /** Tests shorten both. */
  tickMs?: number;
  listEveryMs?: number;
}

/** Checks the services until the signal fires. */
export async function watchOutside(deps: OutsideWatcherDeps, stopping: AbortSignal): Promise<void> {
  const watched = new Map<string, AbortController>();
  do {
    const wanted = await listed(deps);
    if (!wanted) continue; // the current services are still checked
    const keys = new Set(wanted.map(keyOf));
    for (const [key, watch] of watched) {
      if (keys.has(key)) continue;
      watch.abort();
      watched.delete(key);
    }
    for (const outside of wanted) {
      if (watched.has(keyOf(outside))) continue;
      const watch = new AbortController();
      watched.set(keyOf(outside), watch);
      void watchOne(deps, outside, AbortSignal.any([stopping, watch.signal]));
    }
  } while (await passed(deps.listEveryMs ?? LIST_EVERY_MS, stopping));
}

const keyOf = ({ name, revision }: Outside): string => `${name} ${revision}`;

/**
 * Returns the services that this host checks: its own, unassigned ones, and those of lost hosts. A report assigns the
 * service to this host.
 */
async function listed({ list, isLost, hostId, log }: OutsideWatcherDeps): Promise<Outside[] | undefined> {
  try {
    const all = await list();
    const others = new Set(all.flatMap((outside) => outside.hostId ?? []));
    others.delete(hostId);
    const checked = await Promise.all([...others].map(async (other) => ((await isLost(other)) ? [] : [other])));
    const alive = checked.flat();
    return all.filter((outside) => outside.hostId === undefined || !alive.includes(outside.hostId));
  } catch (error) {
    log.warn({ err: error }, 'external services could not be listed');
    return undefined;
  }
}

async function watchOne(
  { hostId, http, report, log, tickMs = TICK_MS }: OutsideWatcherDeps,
  { name, healthUrl }: Outside,
  signal: AbortSignal,
): Promise<void> {
  const reporter = createReporter(name, report, log, signal);
  let ticks = NO_TICKS;
  let reason: OutsideReason | undefined;
  do {
    const result = await ask(http, healthUrl, signal);
    if (result === 'aborted') return;
    const next = nextTicks(ticks, result.answer, false);
    const why = isAiling(next.health) ? (result.reason ?? reason) : undefined; // a single good check is no recovery yet
    if (next.health !== ticks.health || !isSameReason(why, reason))
      reporter.report({ kind: 'outside', healthUrl, health: next.health, hostId, ...(why && { reason: why }) });
    ticks = next;
    reason = why;
  } while (await passed(tickMs * (0.9 + Math.random() / 5), signal));
}

type Seen = { answer: 'good'; reason?: undefined } | { answer: 'bad'; reason: OutsideReason };

const isAiling = (health: Health): boolean => health === 'degraded' || health === 'unhealthy';

async function ask(http: HttpPort, url: string, signal: AbortSignal): Promise<Seen | 'aborted'> {
  try {
    const result = await http.probe(url, { timeoutMs: TICK_TIMEOUT_MS, signal });
    if ('status' in result && isGoodStatus(result.status)) return { answer: 'good' };
    return { answer: 'bad', reason: reasonOf(url, result, TICK_TIMEOUT_MS) };
  } catch (error) {
    if (signal.aborted) return 'aborted';
    throw error; // a probe rejects only when it is aborted
  }
}
