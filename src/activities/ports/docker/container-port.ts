// Runs apps as containers. The engine is their parent, and its events report their ends. Labels hold the facts of an
// instance.
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { instanceLog, type Layout } from '../../../contract/layout.js';
import { SlipwayError } from '../../../contract/errors.js';
import { readLogFrom, readLogTail } from '../instance-log.js';
import type { InstancePort, InstanceRecord, OwnHealth, StartOutcome } from '../instance-port.js';
import { isInContainer, listenersSeenBy } from '../proc.js';
import type { UnpackPort } from '../unpack/unpack-port.js';
import { whenGone } from '../when-gone.js';
import type { EngineClients } from './connect.js';
import {
  copyOut,
  isSourceMissing,
  putLinks,
  sourceMissing,
  statIn,
  type CopiedOut,
  type CopyOrder,
  type PathStat,
} from './container-data.js';
import { createContainerEnds } from './container-ends.js';
import { limitsOfHost, type ContainerLimits } from './container-limits.js';
import {
  createOptions,
  dataIn,
  exitOf,
  isPortTaken,
  isUp,
  mayLackCause,
  portWithin,
  publishedPorts,
  recordOf,
  type ContainerOrder,
  type ContainersData,
} from './container-facts.js';
import { createLookup, nameOf } from './container-lookup.js';
import { createContainerOutput, LOG_FILES } from './container-output.js';
import { removeContainer } from './engine-calls.js';
import { CONFLICT, statusOf, unlessUnknown } from './engine-answers.js';
import type { Masking } from './log-frames.js';
import { refusalOf } from './refusals.js';
import type { ServiceNetworks } from './service-networks.js';

export interface ContainerPort extends InstancePort<ContainerOrder> {
  /** Follows the engine until the signal fires: finds running containers, reports ends, copies output. */
  follow(signal: AbortSignal): void;
  /** Returns the service data with which it was started. Undefined if it has none, or was never started. */
  dataOf(instanceId: string): Promise<ContainersData | undefined>;
  /** Returns the entry at a path in it. A link at the end isn't followed. */
  statIn(instanceId: string, at: string): Promise<PathStat | undefined>;
  /** Copies a file or folder out of it, into an existing folder. Undefined if the path doesn't exist. */
  copyOut(instanceId: string, order: CopyOrder): Promise<CopiedOut | undefined>;
}

/** 127.0.0.11, on which the engine listens in the network of each service. */
const ENGINES_NAME_SERVER = '0B00007F';
const GRACE_S = 5;
const HAD_STOPPED = 304;
/** The delay until the engine reports that memory was the cause of an end. A busy engine took some 100 ms. */
const CAUSE_WITHIN_MS = 500;
const CAUSE_AGAIN_MS = 100;

export interface ContainerDeps {
  docker: EngineClients;
  layout: Layout;
  hostId: string;
  limits: ContainerLimits;
  networks: ServiceNetworks;
  unpacker: UnpackPort;
  /** Returns the masking for the values of variables. */
  masking: (values: string[]) => Masking;
  /** Returns the instances that a service should run. Rejects if the service can't be queried. */
  wantedBy: (service: string) => Promise<readonly string[]>;
  log: { warn(facts: object, message: string): void };
}

export function createContainers(deps: ContainerDeps): ContainerPort {
  const { docker, layout, hostId, limits, networks, unpacker } = deps;
  const { calls, streams } = docker;
  const listeners = new Set<(record: InstanceRecord) => void>();
  const lookup = createLookup(calls, hostId);
  const output = createContainerOutput({ ...deps, docker: streams, lookup });
  const ends = createContainerEnds({ ...deps, lookup, lastLines: output.lastLines });
  const { container, inspect } = lookup;
  const logFile = (service: string, instanceId: string): string => instanceLog(layout, service, instanceId);

  return {
    async start(order) {
      const { instanceId, service } = order.facts;
      const makeAndStart = async (networkId: string | undefined): Promise<void> => {
        if (await create(order, networkId)) await startCreated(order);
      };
      await networks.with(service, makeAndStart, () => removeContainer(calls, nameOf(instanceId)));
      return adopt(await mustInspect(instanceId));
    },

    async takeUp(instanceId) {
      const info = await inspect(instanceId);
      // An interrupted start isn't returned: the next start continues it.
      if (!info || info.State.Status === 'created') return undefined;
      return adopt(info);
    },

    onStarted(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    isAlive: async (instanceId) => !(await ends.hasEnded(instanceId)),

    async readRecord(instanceId) {
      const info = await inspect(instanceId);
      return info && recordOf(info);
    },

    async readExit(instanceId) {
      const deadlineMs = Date.now() + CAUSE_WITHIN_MS; // not by the engine's clock, which may differ
      for (;;) {
        const info = await inspect(instanceId);
        const wasToldToEnd = ends.isStopExpected(instanceId) || ends.wasSignalled(instanceId);
        const isSettled = !info || wasToldToEnd || !mayLackCause(info);
        if (isSettled || Date.now() >= deadlineMs) return info && exitOf(info);
        await delay(CAUSE_AGAIN_MS);
      }
    },

    async requestStop(instanceId) {
      ends.expectStop(instanceId);
      await unlessUnknown(container(instanceId).stop({ t: GRACE_S })).catch((error: unknown) => {
        if (statusOf(error) !== HAD_STOPPED) throw error;
      });
    },

    waitGone: (instanceId, signal) => whenGone((onGone) => ends.watchGone(instanceId, onGone), signal),
    watchGone: (instanceId, onGone) => ends.watchGone(instanceId, onGone),

    listInstances: () => lookup.instances(),

    async forget(instanceId) {
      await removeContainer(calls, nameOf(instanceId));
      ends.forget(instanceId);
    },

    sweep: (instanceId) => removeContainer(calls, nameOf(instanceId)),

    async portHolder(instanceId, number) {
      const info = await inspect(instanceId);
      return info && isUp(info) && publishedPorts(info).includes(number) ? 'instance' : 'stranger';
    },

    async listening(instanceId, number) {
      const info = await inspect(instanceId);
      const wanted = info && portWithin(info, number);
      if (!info || wanted === undefined || !isInContainer(info.State.Pid, info.Id)) return undefined;
      const sockets = listenersSeenBy(info.State.Pid).filter(({ address }) => address !== ENGINES_NAME_SERVER);
      return { wanted, hasOwnNetwork: true, sockets };
    },

    async ownHealth(instanceId) {
      const info = await inspect(instanceId);
      return (info?.State.Health?.Status as OwnHealth | undefined) ?? 'none';
    },

    async logTail(service, instanceId, count) {
      await output.lastLines(instanceId);
      return readLogTail(logFile(service, instanceId), LOG_FILES, count);
    },
    readLog: (service, instanceId, from) => readLogFrom(logFile(service, instanceId), LOG_FILES, from),

    async dataOf(instanceId) {
      const info = await inspect(instanceId);
      return info && info.State.Status !== 'created' ? dataIn(info) : undefined;
    },
    statIn: (instanceId, at) => statIn(container(instanceId), at),
    copyOut: (instanceId, order) => copyOut(streams.getContainer(nameOf(instanceId)), unpacker, order),

    follow(signal) {
      void ends.follow(signal, (info) => {
        output.copy(info);
        notifyListeners(recordOf(info));
      });
    },
  };

  /**
   * Creates the container. Returns true if it can be started. A container that an earlier attempt created may have run
   * already, and isn't started again.
   */
  async function create(order: ContainerOrder, networkId: string | undefined): Promise<boolean> {
    try {
      const held = await limitsOfHost(calls, limits, order.cpus);
      await calls.createContainer(createOptions(order, hostId, held, networkId));
      return true;
    } catch (error) {
      const earlier = await inspect(order.facts.instanceId); // also finds one whose image is gone by now
      if (!earlier) throw notMade(order, error);
      return earlier.State.Status === 'created';
    }
  }

  function notMade({ data, facts }: ContainerOrder, error: unknown): unknown {
    if (data && isSourceMissing(error)) return sourceMissing(data, error);
    // An earlier attempt's container is being created or removed.
    if (statusOf(error) === CONFLICT) return wentAway(facts.instanceId);
    return refusalOf('create', error);
  }

  async function startCreated({ facts: { instanceId, port }, data }: ContainerOrder): Promise<void> {
    if (data) await putLinks(container(instanceId), data);
    try {
      await container(instanceId).start();
    } catch (error) {
      if (isPortTaken(error)) throw new SlipwayError('port_unavailable', { params: { port: port ?? 0 } });
      if (isBroken(error)) await removeContainer(calls, nameOf(instanceId));
      throw refusalOf('start', error);
    }
  }

  async function mustInspect(instanceId: string): Promise<Docker.ContainerInspectInfo> {
    const info = await inspect(instanceId);
    if (!info) throw wentAway(instanceId);
    return info;
  }

  function adopt(info: Docker.ContainerInspectInfo): StartOutcome {
    const record = recordOf(info);
    output.copy(info);
    if (isUp(info)) notifyListeners(record);
    return { state: isUp(info) ? 'running' : 'ended', record };
  }

  function notifyListeners(record: InstanceRecord): void {
    for (const listener of listeners) listener(record);
  }
}

const wentAway = (instanceId: string): SlipwayError =>
  new SlipwayError('internal', {
    params: { reason: `the container of ${instanceId} went away` },
    retryable: true,
  });

/**
 * Returns true for an engine error. An engine that ended during a start may never start that container again, so the
 * next attempt creates another.
 */
const isBroken = (error: unknown): boolean => (statusOf(error) ?? 0) >= 500;
