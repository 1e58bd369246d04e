// Instances of apps on this host: start, health, stop. Each may be called again after the worker died at any point.
import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { SlipwayError } from '../contract/errors.js';
import { releaseDir, serviceHome } from '../contract/layout.js';
import type {
  HealthyInput,
  InstanceObservation,
  InstanceSpec,
  StartedInstance,
  StartInstanceInput,
} from '../contract/steps.js';
import { maskList, openVariables } from '../secrets.js';
import { appEnvironment } from './app-environment.js';
import { exitWords, settleExit } from './exits.js';
import { heartbeating } from './heartbeating.js';
import { copyLog, type LogCopy } from './log-copy.js';
import type { Ports } from './ports/index.js';
import type { LogPosition } from './ports/instance-log.js';
import type { InstanceFacts, InstanceRecord, StartConfig } from './ports/process-port.js';
import { isGood, probeApp, probeWords } from './probe.js';
import { logTailOf } from './run-logged.js';
import type { HostSettings } from './settings.js';

/** What an app gets between SIGTERM and SIGKILL (contract §3.5). */
const GRACE_MS = 5000;
/** Lines of the app's own that go with an error or an exit. */
const TAIL_LINES = 20;
/** Most apps answer within a second of their start: look often at first. */
const FIRST_PROBE_MS = 50;
const PROBE_GROWTH = 1.15;
/** An app under its first load may be slow to answer, but a probe must not use up the whole time. */
const PROBE_TIMEOUT_MS = 10_000;
/** A probe gets this much even past the deadline: a retry may begin after it. */
const LAST_PROBE_MS = 1000;

export type InstancePorts = Pick<Ports, 'processes' | 'http' | 'logs' | 'disk'>;

export function createInstances(ports: InstancePorts, settings: HostSettings) {
  const { processes, disk } = ports;

  return {
    /** Starts an app, or finds the one that an earlier try started. */
    startInstance({ instanceId, spec, preferPort }: StartInstanceInput): Promise<StartedInstance> {
      return heartbeating(async (signal) => {
        const earlier = await processes.takeUp(instanceId);
        if (earlier?.record) return started(earlier.record);
        const port = await choosePort(spec, preferPort);
        await disk.makeFolder(serviceHome(settings.layout, spec.service));
        signal.throwIfAborted();
        return started(await startAnew(configOf(instanceId, spec, port)));
      });
    },

    /** Resolves when the app is healthy. An exit at any moment before is a failure, with code 0 too. */
    awaitHealthy({ instanceId, spec, port, logInto }: HealthyInput): Promise<void> {
      const from = { service: spec.service, instanceId };
      const copy = logInto && { from, intoDeployment: logInto.deploymentId, position: lastPosition() };
      return heartbeating(
        (signal) => whileCopying(ports, copy, signal, () => checkHealth(ports, { instanceId, spec, port }, signal)),
        () => copy?.position,
      );
    },

    /** Ends the whole tree and forgets the instance. That nothing is there is as good. */
    stopInstance({ instanceId }: { instanceId: string }): Promise<InstanceObservation> {
      return heartbeating((signal) => end(instanceId, signal));
    },

    /**
     * Ends every instance of a service that its workflow does not name: a service whose workflow was terminated begins
     * anew, and knows nothing of what it once started. At most one instance of a service lives.
     */
    stopStrays({ service, keep }: { service: string; keep: string[] }): Promise<void> {
      return heartbeating(async (signal) => {
        for (const instanceId of await processes.listInstances()) {
          const record = await processes.readRecord(instanceId);
          if (record?.service === service && !keep.includes(instanceId)) await end(instanceId, signal);
        }
      });
    },
  };

  async function end(instanceId: string, signal: AbortSignal): Promise<InstanceObservation> {
    const record = await processes.readRecord(instanceId);
    processes.requestStop(instanceId);
    await processes.waitGone(instanceId, signal);
    const exit = await settleExit(processes, instanceId);
    if (!record) await processes.sweep(instanceId); // a start that broke off may have left an app without a record
    const logTail = record ? await tailOf(ports, record) : [];
    await processes.forget(instanceId);
    return { instanceId, alive: false, exit, logTail };
  }

  async function choosePort(spec: InstanceSpec, prefer?: number): Promise<number | undefined> {
    if (spec.kind !== 'web') return undefined;
    if (spec.port === undefined) return processes.freePort(prefer);
    if (await processes.isPortFree(spec.port)) return spec.port;
    throw portUnavailable(spec.port);
  }

  /** A keeper that died before it wrote a record has told nobody of its app: that is removed, and the start begins anew. */
  async function startAnew(config: StartConfig): Promise<InstanceRecord> {
    const { record } = await processes.start(config);
    if (record) return record;
    const { instanceId } = config.facts;
    await processes.sweep(instanceId);
    await processes.forget(instanceId);
    throw new SlipwayError('internal', {
      params: { reason: `the keeper of ${instanceId} died at its start` },
      retryable: true,
    });
  }

  function configOf(instanceId: string, spec: InstanceSpec, port?: number): StartConfig {
    const { layout, secrets, toolEnvironment: host } = settings;
    const { service, deploymentId, kind, health } = spec;
    const variables = openVariables(secrets, service, spec.variables);
    const facts: InstanceFacts = { instanceId, service, deploymentId, kind, port, health };
    return {
      facts,
      command: spec.command,
      cwd: releaseDir(layout, service, deploymentId),
      env: appEnvironment({ spec, variables, layout, host, instanceId, port }),
      mask: maskList(Object.values(variables)),
      graceMs: GRACE_MS,
    };
  }
}

const started = ({ instanceId, port, startedAt }: InstanceRecord): StartedInstance => ({ instanceId, port, startedAt });

/** What the last beat of an earlier try told. */
const lastPosition = (): LogPosition | undefined => Context.current().info.heartbeatDetails as LogPosition | undefined; // only ever beaten by `awaitHealthy`

/** Runs the work, and ends the copying with it, whatever became of it. */
async function whileCopying<T>(
  ports: InstancePorts,
  copy: LogCopy | undefined,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  if (!copy) return work();
  const done = new AbortController();
  const copying = copyLog(ports, copy, AbortSignal.any([signal, done.signal]));
  try {
    return await work();
  } finally {
    done.abort();
    await copying;
  }
}

/** The instance's end and its health race: the first decides. */
async function checkHealth(ports: InstancePorts, input: HealthyInput, signal: AbortSignal): Promise<void> {
  const { instanceId, spec } = input;
  const record = await ports.processes.readRecord(instanceId);
  if (!record || !ports.processes.isAlive(instanceId)) throw await appExited(ports, spec.service, instanceId);
  if (spec.health.skip) return;
  const decided = new AbortController();
  const undecided = AbortSignal.any([signal, decided.signal]);
  try {
    const gone = ports.processes.waitGone(instanceId, undecided).then(() => 'gone' as const);
    const healthy = untilHealthy(ports, record, undecided).then(() => 'healthy' as const);
    const first = await Promise.race([gone, healthy]);
    if (first === 'gone' || !ports.processes.isAlive(instanceId))
      throw await appExited(ports, spec.service, instanceId);
  } finally {
    decided.abort();
  }
}

/** Times count from the instance's start, so that a retry does not wait again. */
async function untilHealthy(ports: InstancePorts, record: InstanceRecord, signal: AbortSignal): Promise<void> {
  const startedMs = Date.parse(record.startedAt);
  if (record.port !== undefined) {
    return untilAnswering(ports, record, record.port, startedMs + record.health.timeoutMs, signal);
  }
  await delay(Math.max(0, startedMs + record.health.minUptimeMs - Date.now()), undefined, { signal });
}

async function untilAnswering(
  ports: InstancePorts,
  record: InstanceRecord,
  port: number,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { path, expect, intervalMs } = record.health;
  for (let waitMs = FIRST_PROBE_MS; ; waitMs = Math.min(waitMs * PROBE_GROWTH, intervalMs)) {
    const timeoutMs = Math.min(PROBE_TIMEOUT_MS, Math.max(LAST_PROBE_MS, deadlineMs - Date.now()));
    const result = await probeApp(ports.http, port, path, { timeoutMs, signal });
    const isOwn = 'status' in result && (await answersItself(ports, record, port));
    if (isOwn && isGood(result, expect)) return;
    const leftMs = deadlineMs - Date.now();
    if (leftMs <= 0) throw await neverHealthy(ports, record, probeWords(result));
    await delay(Math.min(waitMs, leftMs), undefined, { signal });
  }
}

/** Whether the answer came from the instance. One that came from a stranger ends the check: the app can't have the port. */
async function answersItself(
  { processes }: InstancePorts,
  { instanceId }: InstanceRecord,
  port: number,
): Promise<boolean> {
  const holder = await processes.portHolder(instanceId, port);
  if (holder === 'stranger' && processes.isAlive(instanceId)) throw portUnavailable(port);
  return holder === 'instance';
}

async function tailOf(
  { processes }: InstancePorts,
  { service, instanceId }: Pick<InstanceRecord, 'service' | 'instanceId'>,
): Promise<string[]> {
  return logTailOf(await processes.logTail(service, instanceId, TAIL_LINES));
}

async function appExited(ports: InstancePorts, service: string, instanceId: string): Promise<SlipwayError> {
  const exit = exitWords(await settleExit(ports.processes, instanceId));
  return new SlipwayError('app_exited', { params: { exit }, logTail: await tailOf(ports, { service, instanceId }) });
}

async function neverHealthy(ports: InstancePorts, record: InstanceRecord, reason: string): Promise<SlipwayError> {
  const params = { seconds: record.health.timeoutMs / 1000, reason };
  return new SlipwayError('health_check_failed', { params, logTail: await tailOf(ports, record) });
}

const portUnavailable = (port: number): SlipwayError => new SlipwayError('port_unavailable', { params: { port } });
