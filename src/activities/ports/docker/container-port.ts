// Apps as containers: the engine is their parent, its events say when they end. What is known of one stands in its labels.
import { setTimeout as delay } from 'node:timers/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { instanceLog, type Layout } from '../../../contract/layout.js';
import type { InstanceExit } from '../../../contract/steps.js';
import { SlipwayError } from '../../../contract/errors.js';
import { readLastLines, readLogFrom, readLogTail } from '../instance-log.js';
import type { InstanceFacts, InstancePort, InstanceRecord, OwnHealth, StartOutcome } from '../instance-port.js';
import { createRotatingLog } from '../rotating-log.js';
import { whenGone } from '../when-gone.js';
import { envOf, labelFilter, removeContainer } from './engine.js';
import { CONFLICT, isAbsent, statusOf, unlessUnknown } from './engine-answers.js';
import { LABELS } from './labels.js';
import { LogFrames, type Masking } from './log-frames.js';

export interface ContainerOrder {
  facts: InstanceFacts;
  image: string;
  /** Run by `sh -c`; without one, the image's own CMD. */
  command?: string;
  env: Record<string, string>;
  /** Names of those whose values its log must not show. */
  secretNames: string[];
  /** The port it listens on, inside. */
  containerPort?: number;
  memoryBytes?: number;
  cpus?: number;
}

export interface ContainerPort extends InstancePort<ContainerOrder> {
  /** Follows the engine until the signal fires: finds what runs, hears what ends, copies what is printed. */
  follow(signal: AbortSignal): void;
}

/** Where a container's port is published: never beyond this host unless asked (architecture §9). */
const LOOPBACK = '127.0.0.1';
const GRACE_S = 5;
const LOG_BYTES = 10 * 1024 * 1024;
const LOG_FILES = 5;
/** Of the engine's own copy: read again when the worker was away. */
const ENGINE_LOG = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } };
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 1000;
/** After a container's end, for its last lines to be copied. */
const LAST_LINES_MS = 3000;
/** How long after its containers an engine is gone. */
const ENGINE_ENDS_MS = 3000;
const LOOK_AGAIN_MS = 100;
const SERVER_ERROR = 500;

export interface ContainerDeps {
  docker: Docker;
  layout: Layout;
  hostId: string;
  /** How the values of these variables are hidden. */
  masking: (values: string[]) => Masking;
  log: { warn(facts: object, message: string): void };
}

export function createContainers({ docker, layout, hostId, masking, log }: ContainerDeps): ContainerPort {
  const listeners = new Set<(record: InstanceRecord) => void>();
  const watchers = new Map<string, Set<() => void>>();
  /** Instances that somebody had the engine signal: an operator, or its own stop. */
  const signalled = new Set<string>();
  /** Instances that an engine took with it when it stopped. */
  const taken = new Set<string>();
  /** Instances whose output is being copied, each with its end. */
  const copying = new Map<string, Promise<void>>();
  const askedToStop = new Set<string>();
  const nameOf = (instanceId: string): string => `slipway.${instanceId}`;
  const containerOf = (instanceId: string): Docker.Container => docker.getContainer(nameOf(instanceId));
  const inspect = (instanceId: string): Promise<Docker.ContainerInspectInfo | undefined> =>
    unlessUnknown(containerOf(instanceId).inspect());
  const logFile = (service: string, instanceId: string): string => instanceLog(layout, service, instanceId);

  const port: ContainerPort = {
    async start(order) {
      const { instanceId } = order.facts;
      const earlier = await inspect(instanceId);
      if (!earlier) await create(order);
      await startCreated(order.facts);
      return found(await mustInspect(instanceId));
    },

    async takeUp(instanceId) {
      const info = await inspect(instanceId);
      if (!info) return undefined;
      if (info.State.Status === 'created') return undefined; // a start that broke off: it is gone on with
      return found(info);
    },

    onStarted(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    isAlive: async (instanceId) => taken.has(instanceId) || isUp(await inspect(instanceId)),

    async readRecord(instanceId) {
      const info = await inspect(instanceId);
      return info && recordOf(info);
    },

    async readExit(instanceId) {
      const info = await inspect(instanceId);
      return info && exitOf(info);
    },

    async requestStop(instanceId) {
      askedToStop.add(instanceId);
      taken.delete(instanceId);
      await unlessUnknown(containerOf(instanceId).stop({ t: GRACE_S })).catch((error: unknown) => {
        if (statusOf(error) !== 304) throw error; // it had stopped
      });
    },

    waitGone: (instanceId, signal) => whenGone((onGone) => port.watchGone(instanceId, onGone), signal),

    watchGone(instanceId, onGone) {
      const own = watchers.get(instanceId) ?? new Set();
      watchers.set(instanceId, own.add(onGone));
      void lookWhetherGone(instanceId);
      return () => {
        own.delete(onGone);
        if (own.size === 0 && watchers.get(instanceId) === own) watchers.delete(instanceId);
      };
    },

    async listInstances() {
      return (await ours()).map(({ Labels }) => Labels[LABELS.instance] ?? '');
    },

    async forget(instanceId) {
      await removeContainer(docker, nameOf(instanceId));
      askedToStop.delete(instanceId);
    },

    async sweep(instanceId) {
      await removeContainer(docker, nameOf(instanceId));
    },

    async portHolder(instanceId, number) {
      const info = await inspect(instanceId);
      if (!info || !isUp(info)) return 'stranger';
      const published = Object.values<{ HostPort: string }[] | null>(info.NetworkSettings.Ports).flatMap(
        (bindings) => bindings ?? [],
      );
      return published.some(({ HostPort }) => Number(HostPort) === number) ? 'instance' : 'stranger';
    },

    async ownHealth(instanceId) {
      const info = await inspect(instanceId);
      return (info?.State.Health?.Status as OwnHealth | undefined) ?? 'none';
    },

    async logTail(service, instanceId, count) {
      await lastLinesOf(instanceId);
      return readLogTail(logFile(service, instanceId), LOG_FILES, count);
    },
    readLog: (service, instanceId, from) => readLogFrom(logFile(service, instanceId), LOG_FILES, from),

    follow(signal) {
      void followEngine(signal);
    },
  };
  return port;

  async function create({ facts, image, command, env, secretNames, ...wishes }: ContainerOrder): Promise<void> {
    const { instanceId, service, deploymentId, port: hostPort } = facts;
    const { containerPort, memoryBytes, cpus } = wishes;
    const inside = containerPort === undefined ? undefined : `${containerPort}/tcp`;
    try {
      await docker.createContainer({
        name: nameOf(instanceId),
        Image: image,
        ...(command !== undefined && { Entrypoint: [], Cmd: ['/bin/sh', '-c', command] }),
        Env: envOf(env),
        Labels: {
          [LABELS.host]: hostId,
          [LABELS.service]: service,
          [LABELS.deployment]: deploymentId,
          [LABELS.release]: deploymentId,
          [LABELS.instance]: instanceId,
          [LABELS.facts]: JSON.stringify(facts),
          [LABELS.variables]: secretNames.join(','),
        },
        ...(inside !== undefined && { ExposedPorts: { [inside]: {} } }),
        HostConfig: {
          ...(inside !== undefined &&
            hostPort !== undefined && {
              PortBindings: { [inside]: [{ HostIp: LOOPBACK, HostPort: String(hostPort) }] },
            }),
          ...(memoryBytes !== undefined && { Memory: memoryBytes, MemorySwap: memoryBytes }),
          ...(cpus !== undefined && { NanoCpus: Math.round(cpus * 1e9) }),
          RestartPolicy: { Name: 'no' }, // the service's own affair
          LogConfig: ENGINE_LOG,
          Init: true, // reaps what the app leaves, and hands on signals
        },
      });
    } catch (error) {
      if (statusOf(error) !== CONFLICT) throw error; // an earlier try has made it
    }
  }

  /** One that has run already is not started again. */
  async function startCreated(facts: InstanceFacts): Promise<void> {
    const info = await mustInspect(facts.instanceId);
    if (info.State.Status !== 'created') return;
    try {
      await containerOf(facts.instanceId).start();
    } catch (error) {
      if (isPortTaken(error)) throw new SlipwayError('port_unavailable', { params: { port: facts.port ?? 0 } });
      throw error;
    }
  }

  async function mustInspect(instanceId: string): Promise<Docker.ContainerInspectInfo> {
    const info = await inspect(instanceId);
    if (info) return info;
    throw new SlipwayError('internal', {
      params: { reason: `the container of ${instanceId} went away` },
      retryable: true,
    });
  }

  function found(info: Docker.ContainerInspectInfo): StartOutcome {
    const record = recordOf(info);
    copyOutput(info);
    if (isUp(info)) for (const listener of listeners) listener(record);
    return { state: isUp(info) ? 'running' : 'ended', record };
  }

  /** Without an engine there are none: they run in it. */
  async function ours(): Promise<Docker.ContainerInfo[]> {
    try {
      const label = [...labelFilter({ [LABELS.host]: hostId }), LABELS.instance]; // not those of release commands
      return await docker.listContainers({ all: true, filters: { label } });
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  }

  // --- what ends --------------------------------------------------------------------------------------------------

  /** Only the engine's word counts: while it can't be asked, nothing is known to be gone. */
  async function lookWhetherGone(instanceId: string): Promise<void> {
    try {
      if (!taken.has(instanceId) && !isUp(await inspect(instanceId))) await tellGone(instanceId);
    } catch (error) {
      log.warn({ instanceId, err: error }, 'the engine could not be asked; its next answer will tell');
    }
  }

  async function tellGone(instanceId: string): Promise<void> {
    await lastLinesOf(instanceId);
    const own = watchers.get(instanceId);
    watchers.delete(instanceId);
    for (const onGone of own ?? []) onGone();
  }

  async function followEngine(signal: AbortSignal): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    while (!signal.aborted) {
      try {
        const events = await docker.getEvents({
          filters: {
            type: ['container'],
            event: ['kill', 'die', 'destroy'],
            label: labelFilter({ [LABELS.host]: hostId }),
          },
          abortSignal: signal,
        } as Docker.GetEventsOptions);
        waitMs = FIRST_WAIT_MS;
        await Promise.all([lookAround(), readEvents(events)]);
      } catch {
        // It is away, or not there at all: asked again, for as long as this worker lives.
      }
      await delay(waitMs, undefined, { signal }).catch(() => undefined); // only a stop ends it early
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    }
  }

  /** What happened while nobody listened. */
  async function lookAround(): Promise<void> {
    await startTaken();
    for (const { Labels } of await ours()) {
      const info = await inspect(Labels[LABELS.instance] ?? '');
      if (!info || info.State.Status === 'created') continue;
      copyOutput(info);
      for (const listener of listeners) listener(recordOf(info));
    }
    await Promise.all([...watchers.keys()].map(lookWhetherGone));
  }

  async function readEvents(events: NodeJS.ReadableStream): Promise<void> {
    for await (const line of createInterface({ input: events })) {
      const { Action, Actor } = JSON.parse(line) as {
        Action?: string;
        Actor?: { Attributes?: Record<string, string> };
      };
      const instanceId = Actor?.Attributes?.[LABELS.instance];
      if (instanceId === undefined) continue;
      if (Action === 'kill') signalled.add(instanceId);
      else void tellGoneUnlessTaken(instanceId);
    }
  }

  /** An engine that stops signals its containers first: their ends are none of the apps', and they run on when it is back. */
  async function tellGoneUnlessTaken(instanceId: string): Promise<void> {
    if (signalled.delete(instanceId) && !askedToStop.has(instanceId) && (await isEngineEnding())) {
      log.warn({ instanceId }, 'the engine took a container with it');
      taken.add(instanceId);
      return;
    }
    await tellGone(instanceId);
  }

  async function isEngineEnding(): Promise<boolean> {
    for (let waitedMs = 0; waitedMs < ENGINE_ENDS_MS; waitedMs += LOOK_AGAIN_MS) {
      await delay(LOOK_AGAIN_MS);
      if (
        !(await docker.ping().then(
          () => true,
          () => false,
        ))
      )
        return true;
    }
    return false;
  }

  async function startTaken(): Promise<void> {
    for (const instanceId of taken) {
      taken.delete(instanceId);
      if (!askedToStop.has(instanceId)) await unlessUnknown(containerOf(instanceId).start());
    }
  }

  // --- what is printed --------------------------------------------------------------------------------------------

  /** From where an earlier worker had got to. Once for each container. */
  function copyOutput(info: Docker.ContainerInspectInfo): void {
    const { instanceId, service } = recordOf(info);
    if (copying.has(instanceId)) return;
    const copy = copyAll(info, logFile(service, instanceId))
      .catch((error: unknown) => {
        log.warn({ instanceId, err: error }, 'the output of a container could not be copied');
      })
      .finally(() => copying.delete(instanceId));
    copying.set(instanceId, copy);
  }

  async function copyAll(info: Docker.ContainerInspectInfo, path: string): Promise<void> {
    const file = createRotatingLog(path, LOG_BYTES, LOG_FILES);
    const frames = new LogFrames(masking(secretValues(info)));
    let last = (await readLastLines(path, LOG_FILES, 1))[0]?.ts ?? '';
    const output = (await docker.getContainer(info.Id).logs({
      follow: true,
      stdout: true,
      stderr: true,
      timestamps: true,
      ...(last !== '' && { since: (Date.parse(last) / 1000).toFixed(3) as unknown as number }),
    })) as unknown as Readable;
    const write = async (lines: ReturnType<LogFrames['push']>): Promise<void> => {
      const fresh = lines.filter(({ ts }) => ts > last);
      if (fresh.length > 0) await file.write(fresh);
      last = fresh.at(-1)?.ts ?? last;
    };
    for await (const chunk of output) await write(frames.push(chunk as Buffer));
    await write(frames.end());
  }

  async function lastLinesOf(instanceId: string): Promise<void> {
    const copy = copying.get(instanceId);
    if (!copy || isUp(await inspect(instanceId).catch(() => undefined))) return;
    const done = new AbortController();
    await Promise.race([copy, delay(LAST_LINES_MS, undefined, { signal: done.signal }).catch(() => undefined)]);
    done.abort();
  }
}

function recordOf({ Config, State, Created }: Docker.ContainerInspectInfo): InstanceRecord {
  const facts = JSON.parse(Config.Labels[LABELS.facts] ?? '{}') as InstanceFacts; // written by `create` alone
  return { ...facts, startedAt: hasStarted(State.StartedAt) ? State.StartedAt : Created };
}

/** The engine tells the year 1 for what has not happened. */
const hasStarted = (time: string): boolean => !time.startsWith('0001');

const isUp = (info: Docker.ContainerInspectInfo | undefined): boolean =>
  info !== undefined && ['running', 'paused', 'restarting'].includes(info.State.Status);

function exitOf({ State }: Docker.ContainerInspectInfo): InstanceExit | undefined {
  if (['running', 'paused', 'restarting', 'created'].includes(State.Status)) return undefined;
  const at = hasStarted(State.FinishedAt) ? new Date(State.FinishedAt) : new Date();
  return {
    code: State.ExitCode,
    signal: null,
    at: at.toISOString(),
    reason: State.OOMKilled ? 'out_of_memory' : 'exited',
  };
}

/** The engine holds them in any case: so they need not be kept anywhere else. */
function secretValues({ Config }: Docker.ContainerInspectInfo): string[] {
  const names = (Config.Labels[LABELS.variables] ?? '').split(',').filter((name) => name !== '');
  return Config.Env.flatMap((entry) => {
    const [name = ''] = entry.split('=', 1);
    return names.includes(name) ? [entry.slice(name.length + 1)] : [];
  });
}

/** The engine tells it as its own failure, in words. */
const isPortTaken = (error: unknown): boolean =>
  statusOf(error) === SERVER_ERROR && /port is already allocated|address already in use/i.test(String(error));
