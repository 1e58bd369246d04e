// Watches every instance on this host, and reports changes to its service: exits, and the health of web apps.
import { settleExit } from '../activities/exits.js';
import type { Ports } from '../activities/ports/index.js';
import type { InstancePort, InstanceRecord } from '../activities/ports/instance-port.js';
import { isGood, probeApp } from '../activities/probe.js';
import { NO_TICKS, nextTicks } from './health-ticks.js';
import { passed } from '../waiting.js';
import { createReporter, type Report, type Reporter, type WatcherLog } from './reporter.js';

const TICK_MS = 10_000;
/** Spreads the ticks of many instances over time. */
const JITTER = 0.2;
const TICK_TIMEOUT_MS = 5000;
/**
 * The number of ticks by which the decision about a start may be late, because a worker was killed and another one took
 * its place.
 */
const LATE_TICKS = 6;
/** The wait before the rest of an exit is handled again, after an error of the disk or /proc. */
const SETTLE_AGAIN_MS = 1000;

type Runtime = InstancePort<never>;
/** Returns true if the check is good. */
type Look = () => Promise<boolean>;

export interface WatcherDeps extends Pick<Ports, 'http'> {
  processes: Runtime;
  /**
   * Reports containers one by one. Existing containers follow when the engine answers, which may be much later than the
   * start.
   */
  containers: Runtime;
  /** Resolves `unknown` if the service doesn't have this instance. Rejects if the report must be retried. */
  report: Report;
  log: WatcherLog;
  tickMs?: number;
}

export interface Watcher {
  /** Starts to watch all existing processes. Processes that ended meanwhile are reported, too. */
  start(): Promise<void>;
  /** Ends all watching. The apps keep running. */
  stop(): void;
}

export function createWatcher({ processes, containers, http, report, log, tickMs = TICK_MS }: WatcherDeps): Watcher {
  const stopping = new AbortController();
  const watched = new Map<string, () => void>();
  const listening: (() => void)[] = [];

  return {
    async start() {
      listenTo(containers);
      listenTo(processes); // before the list is read, so that no process starts unseen in between
      await takeUpProcesses();
    },
    stop() {
      stopping.abort();
      for (const stopListening of listening) stopListening();
      for (const unwatch of watched.values()) unwatch();
      watched.clear();
    },
  };

  function listenTo(runtime: Runtime): void {
    const stopListening = runtime.onStarted((record) => {
      watch(runtime, record);
    });
    listening.push(stopListening);
  }

  async function takeUpProcesses(): Promise<void> {
    for (const instanceId of await processes.listInstances()) {
      const record = await processes.readRecord(instanceId);
      // Without a record, a start is still under way, or failed and will be repeated.
      if (record) watch(processes, record);
    }
  }

  function watch(runtime: Runtime, record: InstanceRecord): void {
    const { instanceId, service } = record;
    if (stopping.signal.aborted || watched.has(instanceId)) return;
    const gone = new AbortController();
    const reporter = createReporter(service, report, log, stopping.signal);
    const unwatch = runtime.watchGone(instanceId, () => {
      gone.abort();
      void tellExit(runtime, instanceId, reporter).finally(() => watched.delete(instanceId));
    });
    watched.set(instanceId, () => {
      unwatch();
      gone.abort();
    });
    void tellHealth(runtime, record, reporter, gone.signal);
  }

  async function tellExit(runtime: Runtime, instanceId: string, reporter: Reporter): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const exit = await settleExit(runtime, instanceId);
        // Without a record, the instance was stopped and removed on request, as its service expects, or its folder was
        // removed.
        const at = new Date().toISOString();
        const unseen = { code: null, signal: null, at, reason: 'keeper_lost' } as const;
        reporter.report({ kind: 'exited', instanceId, exit: exit ?? unseen });
        return;
      } catch (error) {
        log.warn({ instanceId, err: error }, 'how an instance ended could not be read yet');
        await passed(SETTLE_AGAIN_MS, stopping.signal);
      }
    }
  }

  /**
   * Checks the health until the signal fires, when the instance is gone or the watcher stops. A service ignores reports
   * about a candidate, so the health is reported again when the candidate must have taken over.
   */
  async function tellHealth(
    runtime: Runtime,
    record: InstanceRecord,
    reporter: Reporter,
    signal: AbortSignal,
  ): Promise<void> {
    const { instanceId, health } = record;
    const looks = await looksAt(runtime, record, signal);
    if (looks.length === 0) return; // an app without checks has no health
    const youngUntil = Date.parse(record.startedAt) + (health.skip ? 0 : health.timeoutMs) + LATE_TICKS * tickMs;
    let wasYoung = Date.now() < youngUntil;
    let ticks = NO_TICKS;
    let waitMs = tickMs * Math.random();
    while (await passed(waitMs, signal)) {
      const answer = await tick(looks, instanceId, signal);
      if (signal.aborted) return;
      const isYoung = Date.now() < youngUntil;
      const next = nextTicks(ticks, answer, isYoung);
      const isNews = next.health !== ticks.health || wasYoung !== isYoung;
      if (isNews && next.health !== 'unknown') {
        reporter.report({ kind: 'health', instanceId, health: next.health, at: new Date().toISOString() });
      }
      ticks = next;
      wasYoung = isYoung;
      waitMs = tickMs * (1 + JITTER * (Math.random() - 0.5));
    }
  }

  /** Returns the checks of each tick: a web app's page, and an image's own HEALTHCHECK. */
  async function looksAt(runtime: Runtime, record: InstanceRecord, signal: AbortSignal): Promise<Look[]> {
    const { instanceId, port, health } = record;
    const page = async (at: number): Promise<boolean> =>
      isGood(await probeApp(http, at, health.path, { timeoutMs: TICK_TIMEOUT_MS, signal }), health.expect);
    const own = async (): Promise<boolean> => (await runtime.ownHealth(instanceId)) !== 'unhealthy';
    // An engine that is away counts as an image without a HEALTHCHECK.
    const hasOwn = await runtime.ownHealth(instanceId).catch(() => 'none');
    return [...(port === undefined ? [] : [() => page(port)]), ...(hasOwn === 'none' ? [] : [own])];
  }

  async function tick(looks: Look[], instanceId: string, signal: AbortSignal): Promise<'good' | 'bad'> {
    try {
      const results = await Promise.all(looks.map((look) => look()));
      return results.every(Boolean) ? 'good' : 'bad';
    } catch (error) {
      if (!signal.aborted) log.warn({ instanceId, err: error }, 'a health tick failed');
      return 'bad';
    }
  }
}
