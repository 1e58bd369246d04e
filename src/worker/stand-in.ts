// Answers for hosts that are lost, so that nobody waits for them without end (activities/stand-in.ts says what). A host that is
// back is left to its own worker. One that nothing is on any more is forgotten.
import type { LossFinder } from './host-loss.js';
import { passed } from './passed.js';
import type { WatcherLog } from './reporter.js';

/** How late a lost host is found, and a host that is back. */
const LOOK_EVERY_MS = 10_000;
const FORGET_EVERY_MS = 60 * 60 * 1000;

export interface StandIn {
  /** Whether a worker of the host itself has come since; also when this one broke off, so that another may begin. */
  isBack: () => Promise<boolean>;
  /** Resolves when it answers nothing more. */
  close: () => Promise<void>;
}

export interface StandInDeps {
  hostId: string;
  /** All that ever beat, and are not forgotten. */
  hosts: () => Promise<string[]>;
  isLost: LossFinder;
  /** Begins to answer for a host. */
  standInFor: (hostId: string) => Promise<StandIn>;
  /** Ends its beat for good, unless a service is on it. True when it did. */
  forget: (hostId: string) => Promise<boolean>;
  /** Those that are answered for: kept up by this, read by others. */
  lost: Set<string>;
  log: WatcherLog;
  /** Tests shorten both. */
  lookEveryMs?: number;
  forgetEveryMs?: number;
}

/** Until the signal fires; resolves when no host is answered for any more. */
export async function standInForLost(deps: StandInDeps, stopping: AbortSignal): Promise<void> {
  const standIns = new Map<string, StandIn & { askedMs: number }>();
  do {
    try {
      await look(deps, standIns);
    } catch (error) {
      deps.log.warn({ err: error }, 'which hosts are lost could not be seen');
    }
  } while (await passed(deps.lookEveryMs ?? LOOK_EVERY_MS, stopping));
  await Promise.all([...standIns.values()].map(({ close }) => close()));
}

async function look(deps: StandInDeps, standIns: Map<string, StandIn & { askedMs: number }>): Promise<void> {
  const { hostId, hosts, isLost, standInFor, lost, log, forgetEveryMs = FORGET_EVERY_MS } = deps;
  for (const host of (await hosts()).filter((other) => other !== hostId)) {
    if (standIns.has(host) || !(await isLost(host))) continue;
    standIns.set(host, { ...(await standInFor(host)), askedMs: performance.now() });
    lost.add(host);
    log.warn({ host }, 'a host is lost: what it was to do fails, and what it was to undo counts as done');
  }
  for (const [host, standIn] of standIns) {
    if (await standIn.isBack()) await end(host, 'a host is back');
    else if (performance.now() - standIn.askedMs >= forgetEveryMs) {
      standIn.askedMs = performance.now();
      if (await deps.forget(host)) await end(host, 'a lost host that no service is on is forgotten');
    }
  }

  async function end(host: string, why: string): Promise<void> {
    await standIns.get(host)?.close();
    standIns.delete(host);
    lost.delete(host);
    log.warn({ host }, why);
  }
}
