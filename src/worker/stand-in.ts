// Takes over the queues of lost hosts, so that callers don't wait forever (the answers are in activities/stand-in.ts).
// Gives a queue back when its host is back, and forgets a lost host without services.
import type { LossFinder } from './host-loss.js';
import { passed } from '../waiting.js';
import type { WatcherLog } from './reporter.js';

/** The longest time until a lost host, or a host that is back, is detected. */
const LOOK_EVERY_MS = 10_000;
const FORGET_EVERY_MS = 60 * 60 * 1000;

export interface StandIn {
  /**
   * Returns true if the host's own worker has polled since, or if this stand-in failed, so that another one can start.
   */
  isBack: () => Promise<boolean>;
  /** Resolves when no answer is under way. */
  close: () => Promise<void>;
}

export interface StandInDeps {
  hostId: string;
  /** Returns all hosts that ever beat and are not forgotten. */
  hosts: () => Promise<string[]>;
  isLost: LossFinder;
  /** Starts to answer for a host. */
  standInFor: (hostId: string) => Promise<StandIn>;
  /** Ends a host's workflow permanently, unless a service is on the host. Returns true if it did. */
  forget: (hostId: string) => Promise<boolean>;
  /** The hosts with a stand-in. This module updates the set, and others read it. */
  lost: Set<string>;
  log: WatcherLog;
  /** Tests shorten both. */
  lookEveryMs?: number;
  forgetEveryMs?: number;
}

/** Runs until the signal fires. Resolves when all stand-ins are closed. */
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

  /** Handles an error of one host, so that it doesn't affect the others. */
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
