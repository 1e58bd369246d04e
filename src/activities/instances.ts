// Starts, checks and stops instances of apps on this host. Each activity is repeatable, even if the worker died at any
// point.
import { Context, log } from '@temporalio/activity';
import { SlipwayError } from '../contract/errors.js';
import { appDir, environmentDir } from '../contract/layout.js';
import type { Mode } from '../contract/states.js';
import type {
  HealthyInput,
  InstanceObservation,
  InstanceSpec,
  IsolationInput,
  StartableInput,
  StartedInstance,
  StartInstanceInput,
  StopInstanceInput,
  StopStraysInput,
} from '../contract/steps.js';
import { maskList, openVariables, secretValuesOf } from '../secrets.js';
import { appEnvironment } from './app-environment.js';
import { createAppFolders } from './app-folders.js';
import { containerOrder, mustHaveImage } from './docker/container-order.js';
import { withEngine } from './docker/engine-status.js';
import { settleExit } from './exits.js';
import { checkHealth, portUnavailable, tailOf } from './health-check.js';
import { heartbeating } from './heartbeating.js';
import { mustBeIsolated } from './isolation.js';
import { copyLog, type LogCopy } from './log-copy.js';
import { warnIfInvalid } from './persist/tolerated.js';
import { createServiceData, type DataPorts } from './persist/service-data.js';
import type { Ports } from './ports/index.js';
import type { LogPosition } from './ports/instance-log.js';
import type { InstanceFacts, InstancePort, InstanceRecord, StartOutcome } from './ports/instance-port.js';
import type { StartConfig } from './ports/process-port.js';
import { processUserOf } from './ports/service-group.js';
import type { HostSettings } from './settings.js';

/** The time between SIGTERM and SIGKILL for an app. */
const GRACE_MS = 5000;
/**
 * The time limit of a stop. A running keeper ends its tree within milliseconds after the grace period; a frozen keeper
 * never does.
 */
const STOPPED_WITHIN_MS = GRACE_MS + 3000;

export type InstancePorts = Pick<Ports, 'processes' | 'http' | 'logs'> & DataPorts;

export function createInstances(ports: InstancePorts, settings: HostSettings) {
  const { processes, containers, disk } = ports;
  const serviceData = createServiceData(ports, settings);
  const folders = createAppFolders(disk, settings);
  const runtimeOf = (mode: Mode): InstancePort<never> => (mode === 'docker' ? containers : processes);
  /** Runs work, and waits for an engine that is away. Processes need no wait. */
  const reaching = <T>(mode: Mode, signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
    mode === 'docker' ? withEngine(ports.engine, signal, work) : work();

  return {
    /** Throws the error with which a start outside a container would be rejected. Changes nothing. */
    checkIsolation(input: IsolationInput): Promise<void> {
      return heartbeating(() => {
        mustBeIsolated(settings, input);
        return Promise.resolve();
      });
    },

    /**
     * Throws the error with which the start of a kept release would be rejected: missing image or files, or a violated
     * isolation.
     */
    checkStartable({ spec, isolation }: StartableInput): Promise<void> {
      const { service, mode } = spec;
      return heartbeating((signal) =>
        reaching(mode, signal, async () => {
          mustBeIsolated(settings, { service, mode, isolation });
          if (mode === 'docker') await mustHaveImage(ports.engine, spec);
          else await mustHaveFiles(spec);
        }),
      );
    },

    /** Starts an app, or returns the instance that an earlier attempt started. */
    startInstance({ instanceId, spec, preferPort, isolation }: StartInstanceInput): Promise<StartedInstance> {
      return heartbeating((signal) =>
        reaching(spec.mode, signal, async () => {
          const earlier = await runtimeOf(spec.mode).takeUp(instanceId);
          if (earlier?.record) return started(earlier.record);
          mustBeIsolated(settings, { service: spec.service, mode: spec.mode, isolation });
          const port = await choosePort(spec, preferPort);
          signal.throwIfAborted();
          return started(await startAnew(instanceId, spec, port, signal));
        }),
      );
    },

    /** Resolves when the app is healthy. An exit before that is a failure, even with code 0. */
    awaitHealthy({ instanceId, spec, port, logInto }: HealthyInput): Promise<void> {
      const runtime = runtimeOf(spec.mode);
      const from = { service: spec.service, instanceId };
      const before = progressBefore();
      const startedMs = performance.now();
      const waitedMs = (): number => Math.round(before.waitedMs + performance.now() - startedMs);
      const copy = logInto && { from, intoDeployment: logInto.deploymentId, position: before.position };
      const check = (signal: AbortSignal): Promise<void> =>
        reaching(spec.mode, signal, () =>
          checkHealth({ runtime, http: ports.http }, { instanceId, spec, port }, waitedMs, signal),
        );
      return heartbeating(
        (signal) => whileCopying({ runtime, logs: ports.logs }, copy, signal, () => check(signal)),
        (): HealthProgress => ({ position: copy?.position, waitedMs: waitedMs() }),
      );
    },

    /** Ends the whole tree and removes the instance. A missing instance is no error. */
    stopInstance({ instanceId, mode, discardsData = false }: StopInstanceInput): Promise<InstanceObservation> {
      const stopped = { instanceId, discardsData };
      return heartbeating((signal) => reaching(mode, signal, () => end(runtimeOf(mode), stopped, signal)));
    },

    /**
     * Ends every instance of a service that its workflow does not name. The new workflow of a service whose workflow
     * was terminated has no record of earlier instances. At most one instance of a service may live.
     */
    stopStrays({ service, keep, discardsData = false }: StopStraysInput): Promise<void> {
      return heartbeating(async (signal) => {
        for (const runtime of [processes, containers]) {
          for (const instanceId of await listIfReachable(runtime)) {
            const record = await runtime.readRecord(instanceId);
            if (record?.service === service && !keep.includes(instanceId))
              await end(runtime, { instanceId, discardsData }, signal);
          }
        }
      });
    },
  };

  async function end(
    runtime: InstancePort<never>,
    { instanceId, discardsData }: { instanceId: string; discardsData: boolean },
    signal: AbortSignal,
  ): Promise<InstanceObservation> {
    const record = await runtime.readRecord(instanceId);
    await runtime.requestStop(instanceId);
    if (!(await isGoneWithin(STOPPED_WITHIN_MS, runtime, instanceId, signal))) await runtime.killKeeper?.(instanceId);
    await runtime.waitGone(instanceId, signal);
    const exit = await settleExit(runtime, instanceId);
    if (!record) await runtime.sweep(instanceId); // an interrupted start may have left an app without a record
    if (record && !discardsData) await keepData(runtime, record, signal);
    const logTail = record ? await tailOf(runtime, record) : [];
    await runtime.forget(instanceId);
    return { instanceId, alive: false, exit, logTail };
  }

  /**
   * Keeps an app's data. Data that can't be kept (a link that leads outside) is logged, and doesn't fail the stop; a
   * full disk does.
   */
  async function keepData(runtime: InstancePort<never>, record: InstanceRecord, signal: AbortSignal): Promise<void> {
    const kept =
      runtime === containers ? serviceData.keepOfContainer(record, signal) : serviceData.keepOfProcess(record, signal);
    const { instanceId } = record;
    await warnIfInvalid(kept, 'not all that the app saved could be kept', { instanceId });
  }

  async function mustHaveFiles(spec: InstanceSpec): Promise<void> {
    const { layout } = settings;
    for (const path of [appDir(layout, spec), environmentDir(layout, spec.environmentKey)]) {
      if (await disk.exists(path)) continue;
      const params = { release: spec.deploymentId, path };
      throw new SlipwayError('invalid', { text: 'service.release_files_gone', params });
    }
  }

  async function choosePort(spec: InstanceSpec, prefer?: number): Promise<number | undefined> {
    if (spec.kind !== 'web') return undefined;
    if (spec.port === undefined) return processes.freePort(prefer);
    if (await processes.isPortFree(spec.port)) return spec.port;
    throw portUnavailable(spec.port);
  }

  /**
   * Starts an app. If the keeper died before it wrote a record, nothing can find the app. The app is then removed, and
   * the start is retried.
   */
  async function startAnew(
    instanceId: string,
    spec: InstanceSpec,
    port: number | undefined,
    signal: AbortSignal,
  ): Promise<InstanceRecord> {
    const { record } = await startOn(instanceId, spec, port, signal);
    if (record) return record;
    const runtime = runtimeOf(spec.mode);
    await runtime.sweep(instanceId);
    await runtime.forget(instanceId);
    throw new SlipwayError('internal', {
      params: { reason: `the keeper of ${instanceId} died at its start` },
      retryable: true,
    });
  }

  async function startOn(
    instanceId: string,
    spec: InstanceSpec,
    port: number | undefined,
    signal: AbortSignal,
  ): Promise<StartOutcome> {
    const { service, deploymentId, kind, health } = spec;
    const facts: InstanceFacts = { instanceId, service, deploymentId, kind, port, health };
    const variables = openVariables(settings.secrets, service, spec.variables);
    if (spec.mode === 'docker') {
      const dataFor = (image: Parameters<typeof serviceData.forContainer>[1]) =>
        serviceData.forContainer(spec, image, signal);
      return containers.start(await containerOrder(ports.engine, { facts, spec, variables }, dataFor));
    }
    await folders.openHome(service);
    await serviceData.forProcess(spec, signal);
    await folders.openRelease(spec);
    return processes.start(processOrder(facts, spec, variables));
  }

  function processOrder(facts: InstanceFacts, spec: InstanceSpec, variables: Record<string, string>): StartConfig {
    const { layout, toolEnvironment: host } = settings;
    const { instanceId, port, service } = facts;
    return {
      facts,
      command: spec.command,
      cwd: appDir(layout, spec),
      env: appEnvironment({ spec, variables, layout, host, uv: settings.uv, instanceId, port }),
      user: processUserOf(settings, service),
      mask: maskList(secretValuesOf(variables, spec.plainVariables)),
      graceMs: GRACE_MS,
    };
  }
}

const started = ({ instanceId, port, startedAt }: InstanceRecord): StartedInstance => ({ instanceId, port, startedAt });

async function isGoneWithin(
  limitMs: number,
  runtime: InstancePort<never>,
  instanceId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const patience = AbortSignal.timeout(limitMs);
  try {
    await runtime.waitGone(instanceId, AbortSignal.any([signal, patience]));
    return true;
  } catch (error) {
    if (signal.aborted || !patience.aborted) throw error;
    return false;
  }
}

/**
 * Lists the instances. An engine that can't be queried doesn't fail the stop, because most services have nothing in it.
 */
async function listIfReachable(runtime: InstancePort<never>): Promise<string[]> {
  try {
    return await runtime.listInstances();
  } catch (error) {
    log.warn('what an earlier life of the service left can’t be known', { error });
    return [];
  }
}

/** The heartbeat details of `awaitHealthy`. */
interface HealthProgress {
  position?: LogPosition;
  waitedMs: number;
}

/** Returns the progress of the previous attempt. Earlier versions sent only the position. */
function progressBefore(): HealthProgress {
  const beaten = Context.current().info.heartbeatDetails as HealthProgress | LogPosition | undefined;
  if (beaten === undefined) return { waitedMs: 0 };
  return 'waitedMs' in beaten ? beaten : { position: beaten, waitedMs: 0 };
}

/** Runs the work, and ends the copying with it in any case. */
async function whileCopying<T>(
  ports: { runtime: InstancePort<never>; logs: Ports['logs'] },
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
