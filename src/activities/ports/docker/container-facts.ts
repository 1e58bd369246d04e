// Converts between an app's container and the engine's description of it.
import type Docker from 'dockerode';
import type { InstanceExit } from '../../../contract/steps.js';
import type { InstanceFacts, InstanceRecord } from '../instance-port.js';
import { DATA_MOUNT, mountsOf, type ContainerData, type DataLink } from './container-data.js';
import { limitsOf, type ContainerLimits } from './container-limits.js';
import { nameOf } from './container-lookup.js';
import { envOf } from './engine-calls.js';
import { statusOf } from './engine-answers.js';
import { containerLabels, LABELS, labelsOf } from './labels.js';

export interface ContainerOrder {
  facts: InstanceFacts;
  image: string;
  /** Run with `sh -c`. If absent, the image's own CMD runs. */
  command?: string;
  env: Record<string, string>;
  /** The names of variables whose values must not appear in its log. */
  secretNames: string[];
  /** The port on which the app listens inside the container. */
  containerPort?: number;
  memoryBytes?: number;
  cpus?: number;
  /** The data that outlives the container. */
  data?: ContainerData;
}

/** The address at which a container's port is published, so that only this host reaches it. */
const LOOPBACK = '127.0.0.1';
/** The engine's own copy of the output, which is read again after the worker was away. */
const ENGINE_LOG = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } };
const SERVER_ERROR = 500;
const UP = ['running', 'paused', 'restarting'];

export function createOptions(
  order: ContainerOrder,
  hostId: string,
  limits: ContainerLimits,
  /** Undefined means the engine's default network. */
  networkId?: string,
): Docker.ContainerCreateOptions {
  const { facts, image, command, env, secretNames, containerPort, memoryBytes, cpus, data } = order;
  const { instanceId, service, deploymentId, port: hostPort } = facts;
  const inside = containerPort === undefined ? undefined : `${containerPort}/tcp`;
  return {
    name: nameOf(instanceId),
    Image: image,
    ...(command !== undefined && { Entrypoint: [], Cmd: ['/bin/sh', '-c', command] }),
    Env: envOf(env),
    Labels: containerLabels({
      ...labelsOf(hostId, service, deploymentId),
      [LABELS.instance]: instanceId,
      [LABELS.facts]: JSON.stringify(facts),
      [LABELS.variables]: secretNames.join(','),
      ...(data && { [LABELS.links]: JSON.stringify(data.links) }),
    }),
    ...(inside !== undefined && { ExposedPorts: { [inside]: {} } }),
    HostConfig: {
      ...(networkId !== undefined && { NetworkMode: networkId }),
      ...(inside !== undefined &&
        hostPort !== undefined && {
          PortBindings: { [inside]: [{ HostIp: LOOPBACK, HostPort: String(hostPort) }] },
        }),
      ...(data && { Mounts: mountsOf(data) }),
      ...limitsOf(limits, data, { memoryBytes, cpus }),
      RestartPolicy: { Name: 'no' }, // the service itself decides about restarts
      LogConfig: ENGINE_LOG,
      Init: true, // reaps child processes of the app, and forwards signals
    },
  };
}

export function recordOf({ Config, State, Created }: Docker.ContainerInspectInfo): InstanceRecord {
  const facts = JSON.parse(Config.Labels[LABELS.facts] ?? '{}') as InstanceFacts; // written only by `createOptions`
  return { ...facts, startedAt: hasStarted(State.StartedAt) ? State.StartedAt : Created };
}

/** The service data in a container. */
export interface ContainersData {
  links: DataLink[];
  /**
   * In a container of an earlier version: paths among the files that are mounted in the place of its image's volumes.
   */
  mountedFiles: string[];
  image: string;
  /** The user in its image's USER line. */
  user: string;
}

export function dataIn({ Config, HostConfig, Image }: Docker.ContainerInspectInfo): ContainersData | undefined {
  const mounts = HostConfig.Mounts ?? [];
  const dataMount = mounts.find(({ Target }) => Target === DATA_MOUNT);
  if (dataMount === undefined) return undefined; // its links can be a label of the image
  const root = `${dataMount.Source}/`;
  const volumes = mounts.filter(({ Source, Target }) => Target !== DATA_MOUNT && Source.startsWith(root));
  return {
    links: JSON.parse(Config.Labels[LABELS.links] ?? '[]') as DataLink[], // written only by `createOptions`
    mountedFiles: volumes.map(({ Source }) => Source.slice(root.length)),
    image: Image,
    user: Config.User,
  };
}

/** Returns false for the year 1, which the engine returns for an event that has not happened. */
const hasStarted = (time: string): boolean => !time.startsWith('0001');

export const isUp = (info: Docker.ContainerInspectInfo | undefined): boolean =>
  info !== undefined && UP.includes(info.State.Status);

export function exitOf({ State }: Docker.ContainerInspectInfo): InstanceExit | undefined {
  if ([...UP, 'created'].includes(State.Status)) return undefined;
  const at = hasStarted(State.FinishedAt) ? new Date(State.FinishedAt) : new Date();
  return {
    code: State.ExitCode,
    signal: null,
    at: at.toISOString(),
    reason: State.OOMKilled ? 'out_of_memory' : 'exited',
  };
}

/** 128 + SIGKILL. */
const KILLED = 137;

/**
 * Returns true if the engine may not have the cause yet. It gets an end and the memory cause from two sources, and the
 * cause may arrive last.
 */
export const mayLackCause = ({ State, HostConfig }: Docker.ContainerInspectInfo): boolean =>
  State.ExitCode === KILLED && !State.OOMKilled && (HostConfig.Memory ?? 0) > 0;

/** Returns the ports of this host that lead into the container. */
export const publishedPorts = ({ NetworkSettings }: Docker.ContainerInspectInfo): number[] =>
  Object.values<{ HostPort: string }[] | null>(NetworkSettings.Ports).flatMap((bindings) =>
    (bindings ?? []).map(({ HostPort }) => Number(HostPort)),
  );

/** Returns the port inside the container for a port of this host. */
export function portWithin({ NetworkSettings }: Docker.ContainerInspectInfo, hostPort: number): number | undefined {
  const all = Object.entries<{ HostPort: string }[] | null>(NetworkSettings.Ports);
  const [inside] = all.find(([, bindings]) => bindings?.some(({ HostPort }) => Number(HostPort) === hostPort)) ?? [];
  return inside === undefined ? undefined : Number.parseInt(inside, 10); // from `8000/tcp`
}

/**
 * Returns the values of secret variables from the container's configuration, so that they aren't stored anywhere else.
 */
export function secretValues({ Config }: Docker.ContainerInspectInfo): string[] {
  const names = (Config.Labels[LABELS.variables] ?? '').split(',').filter((name) => name !== '');
  return Config.Env.flatMap((entry) => {
    const [name = ''] = entry.split('=', 1);
    return names.includes(name) ? [entry.slice(name.length + 1)] : [];
  });
}

/** Returns true if the port is taken, which the engine reports as its own failure with a message. */
export const isPortTaken = (error: unknown): boolean =>
  statusOf(error) === SERVER_ERROR && /port is already allocated|address already in use/i.test(String(error));
