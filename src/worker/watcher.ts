// Watches every instance on this host, and tells its service what changed: exits, and the health of web apps.
import { settleExit } from '../activities/exits.js';
import type { Ports } from '../activities/ports/index.js';
import type { InstancePort, InstanceRecord } from '../activities/ports/instance-port.js';
import { isGood, probeApp } from '../activities/probe.js';
import { NO_TICKS, nextTicks } from './health-ticks.js';
import { passed } from './passed.js';
import { createReporter, type Report, type Reporter, type WatcherLog } from './reporter.js';

const TICK_MS = 10_000;
/** Ticks of many instances are spread, not sent all at once. */
const JITTER = 0.2;
const TICK_TIMEOUT_MS = 5000;
/** How much later than in its own time a start may be decided, in ticks: a worker was killed and another took its place. */
const LATE_TICKS = 6;
/** Before what an exit left is looked at again: the disk or /proc refused. */
const SETTLE_AGAIN_MS = 1000;

type Runtime = InstancePort<never>;
/** True when what it sees is well. */
type Look = () => Promise<boolean>;

export interface WatcherDeps extends Pick<Ports, 'http'> {
  processes: Runtime;
  /** Told of one by one: those that are there as soon as the engine answers, which may be much later than the start. */
  containers: Runtime;
  /** Resolves `unknown` when the service knows no such instance; rejects when it must be tried again. */
  report: Report;
  log: WatcherLog;
  tickMs?: number;
}

export interface Watcher {
  /** Takes up all processes that are there: those that ended meanwhile are reported, too. */
  start(): Promise<void>;
  /** Ends all watching; the apps go on. */
  stop(): void;
}

export function createWatcher({ processes, containers, http, report, log, tickMs = TICK_MS }: WatcherDeps): Watcher {
  const stopping = new AbortController();
  const watched = new Map<string, () => void>();
  const listening: (() => void)[] = [];

  return {
    async start() {
      listenTo(containers);
      listenTo(processes); // before the look around, so that none starts unseen between
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
      if (record) watch(processes, record); // without one a start is still on its way, or broke off and will be repeated
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
        // Without a trace it was stopped and forgotten on demand, which its service knows; or its folder was removed.
        const at = new Date().toISOString();
        const unseen = { code: null, signal: null, at, reason: 'keeper_lost' } as const;
        reporter.tell({ kind: 'exited', instanceId, exit: exit ?? unseen });
        return;
      } catch (error) {
        log.warn({ instanceId, err: error }, 'how an instance ended could not be read yet');
        await passed(SETTLE_AGAIN_MS, stopping.signal);
      }
    }
  }

  /**
   * Until the instance is gone or the watcher stops, whichever fires the signal. A service does not heed what it is told
   * of a candidate: so all is told once more when that must have taken over.
   */
  async function tellHealth(
    runtime: Runtime,
    record: InstanceRecord,
    reporter: Reporter,
    signal: AbortSignal,
  ): Promise<void> {
    const { instanceId, health } = record;
    const looks = await looksAt(runtime, record, signal);
    if (looks.length === 0) return; // that it runs is all there is to know of it
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
        reporter.tell({ kind: 'health', instanceId, health: next.health, at: new Date().toISOString() });
      }
      ticks = next;
      wasYoung = isYoung;
      waitMs = tickMs * (1 + JITTER * (Math.random() - 0.5));
    }
  }

  /** A web app's page, and an image's own HEALTHCHECK: each once per tick. */
  async function looksAt(runtime: Runtime, record: InstanceRecord, signal: AbortSignal): Promise<Look[]> {
    const { instanceId, port, health } = record;
    const page = async (at: number): Promise<boolean> =>
      isGood(await probeApp(http, at, health.path, { timeoutMs: TICK_TIMEOUT_MS, signal }), health.expect);
    const own = async (): Promise<boolean> => (await runtime.ownHealth(instanceId)) !== 'unhealthy';
    const hasOwn = await runtime.ownHealth(instanceId).catch(() => 'none'); // an engine that is away has no opinion
    return [...(port === undefined ? [] : [() => page(port)]), ...(hasOwn === 'none' ? [] : [own])];
  }

  async function tick(looks: Look[], instanceId: string, signal: AbortSignal): Promise<'good' | 'bad'> {
    try {
      const seen = await Promise.all(looks.map((look) => look()));
      return seen.every(Boolean) ? 'good' : 'bad';
    } catch (error) {
      if (!signal.aborted) log.warn({ instanceId, err: error }, 'a health tick failed');
      return 'bad';
    }
  }
}
