// Takes over the queues of lost hosts, so that nobody waits for ever (the answers are in activities/stand-in.ts). Gives a
// queue back when its host is back, and forgets a lost host that has no services.
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
    await each(host, () => begin(host));
  }
  for (const [host, standIn] of standIns) await each(host, () => goOn(host, standIn));

  /** What goes wrong with one host holds up no other. */
  async function each(host: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.warn({ host, err: error }, 'whether a host is lost, or back, could not be seen');
    }
  }

  async function begin(host: string): Promise<void> {
    if (standIns.has(host) || !(await isLost(host))) return;
    standIns.set(host, { ...(await standInFor(host)), askedMs: performance.now() });
    lost.add(host);
    log.warn({ host }, 'a host is lost: this worker fails its steps, and reports its stops and removals as done');
  }

  async function goOn(host: string, standIn: StandIn & { askedMs: number }): Promise<void> {
    if (await standIn.isBack()) return end(host, 'a host is back');
    if (performance.now() - standIn.askedMs < forgetEveryMs) return;
    standIn.askedMs = performance.now();
    if (await deps.forget(host)) await end(host, 'a lost host that no service is on is forgotten');
  }

  async function end(host: string, why: string): Promise<void> {
    await standIns.get(host)?.close();
    standIns.delete(host);
    lost.delete(host);
    log.warn({ host }, why);
  }
}
