// The Docker engine that DOCKER_HOST names, as a port for activities: state, images, builds and one-off commands. No
// policy.
import type Docker from 'dockerode';
import type { ToolResult } from '../tools.js';
import type { UnpackPort } from '../unpack/unpack-port.js';
import { build, type BuildOrder, type BuildOutcome } from './build.js';
import { cpusOfHost, type ContainerLimits } from './container-limits.js';
import type { EngineClients } from './connect.js';
import type { CopiedOut } from './container-data.js';
import { contextTar } from './context-tar.js';
import { CONFLICT, isAbsent, statusOf, unlessUnknown } from './engine-answers.js';
import { labelFilter, removeContainer } from './engine-calls.js';
import { isRootApart, readRootOnHost } from './engine-root.js';
import { copyFromImage, type ImageFilesOrder } from './image-files.js';
import { instanceIn, isOwn } from './container-lookup.js';
import { LABELS } from './labels.js';
import { runOnce, type OnceOrder } from './one-off.js';
import { readHostPaths } from './own-mounts.js';
import type { ServiceNetworks } from './service-networks.js';

/** The reason why no engine is available. */
export type EngineTrouble = 'absent' | 'denied' | 'silent' | 'broken';

export type EngineStatus =
  { state: 'up'; apiVersion: string; buildKit: boolean } | { state: 'down'; trouble: EngineTrouble; reason: string };

export interface ImageFacts {
  /** The TCP ports of its EXPOSE lines, in no order. */
  exposed: number[];
  /** The first of them in its Dockerfile, if Slipway built the image and no variable contains the port. */
  firstPort?: number;
  /** From its WORKDIR line. */
  workdir: string;
  /** From its USER line. Empty for root. */
  user: string;
  /** From its VOLUME lines. */
  volumes: string[];
}

export interface EnginePort {
  status(timeoutMs: number): Promise<EngineStatus>;
  /** Returns true if root in a container is another user on the host. */
  mapsRoot(): Promise<boolean>;
  /** Returns true if that user is neither root nor Slipway's user. */
  isRootApart(): Promise<boolean>;
  /** Returns the number of processors of the engine's host. */
  cpus(): Promise<number>;
  image(ref: string): Promise<ImageFacts | undefined>;
  /** Returns a build context, which is written while it is read. */
  context: typeof contextTar;
  build(order: BuildOrder): Promise<BuildOutcome>;
  /**
   * Removes an image, and returns true if it is gone. An image that a container uses stays. A missing image is no
   * error.
   */
  removeImage(ref: string): Promise<boolean>;
  /** Returns the tags of images with all these labels. */
  imageTags(labels: Record<string, string>): Promise<string[]>;
  /** Removes untagged images with all these labels, which the classic builder leaves. */
  pruneUntagged(labels: Record<string, string>): Promise<void>;
  /**
   * Removes containers with all these labels that aren't apps: commands of deployments for which `isOver` returns true.
   */
  removeCommands(labels: Record<string, string>, isOver: (deploymentId: string) => boolean): Promise<void>;
  /** Ends and removes a container. A missing container is no error. */
  removeContainer(name: string): Promise<void>;
  /**
   * Runs a command in its own container, which is removed when this resolves. An earlier container of that name is
   * removed first.
   */
  runOnce(order: OnceOrder): Promise<ToolResult>;
  /** Copies a file or folder of an image. Undefined if the image doesn't have it. */
  copyFromImage(order: ImageFilesOrder): Promise<CopiedOut | undefined>;
  /** Returns the function that maps paths of this process to the engine's host. */
  hostPaths(): Promise<(path: string) => string>;
  /** Returns the services that have their own network. */
  networkedServices(): Promise<string[]>;
  /** Removes the network of a service, unless a container is in it. A missing network is no error. */
  removeNetwork(service: string): Promise<void>;
}

/**
 * Engines with this API version or a newer one have BuildKit beside the classic builder, whichever is their default.
 */
const FIRST_WITH_BUILDKIT = '1.39';
/**
 * Engines 24 to 27 that store images in containerd fail to read the context of a BuildKit build (moby/moby#47717).
 * Their classic builder reads it.
 */
const FIRST_WITH_CONTAINERD_STORE = '1.43';
const FIRST_TO_BUILD_IN_CONTAINERD_STORE = '1.48';
const CONTAINERD_STORE = 'io.containerd.snapshotter.v1';
/** It has the same API versions, but its own builder, and rejects BuildKit's session. */
const PODMAN = 'Podman Engine';

export interface EngineDeps {
  docker: EngineClients;
  limits: ContainerLimits;
  networks: ServiceNetworks;
  unpacker: UnpackPort;
  /** True to build with BuildKit if the engine has it; false for the classic builder. */
  buildKit?: boolean;
}

export function createEngine(deps: EngineDeps): EnginePort {
  const { docker, limits, networks, unpacker, buildKit: wantsBuildKit = true } = deps;
  const { calls, streams } = docker;
  return {
    async status(timeoutMs) {
      try {
        const { apiVersion, buildKit } = await ping(calls, timeoutMs);
        return { state: 'up', apiVersion, buildKit: buildKit && wantsBuildKit };
      } catch (error) {
        return { state: 'down', ...troubleOf(error) };
      }
    },

    async mapsRoot() {
      return (await readRootOnHost(calls)) !== 'root';
    },

    isRootApart: () => isRootApart(calls),
    cpus: () => cpusOfHost(calls),

    async image(ref) {
      const info = await unlessUnknown(calls.getImage(ref).inspect());
      return info && factsOf(info);
    },

    context: contextTar,
    build: (order) => build(docker, order),

    async removeImage(ref) {
      try {
        await unlessUnknown(calls.getImage(ref).remove({ noprune: false }));
        return true;
      } catch (error) {
        if (statusOf(error) === CONFLICT) return false;
        throw error;
      }
    },

    async imageTags(labels) {
      const images = await calls.listImages({ filters: { label: labelFilter(labels) } });
      return images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => !tag.startsWith('<none>'));
    },

    async pruneUntagged(labels) {
      await streams.pruneImages({ filters: { dangling: ['true'], label: labelFilter(labels) } });
    },

    async removeCommands(labels, isOver) {
      const containers = await calls.listContainers({ all: true, filters: { label: labelFilter(labels) } });
      const commands = containers.filter((each) => isOwn(each) && instanceIn(each) === undefined);
      const over = commands.filter(({ Labels }) => isOver(Labels[LABELS.deployment] ?? ''));
      for (const { Id } of over) await removeContainer(calls, Id);
    },

    removeContainer: (name) => removeContainer(calls, name),
    runOnce: (order) => runOnce({ ...docker, limits, networks }, order),
    copyFromImage: (order) => copyFromImage(streams, unpacker, order),
    hostPaths: () => readHostPaths(calls),
    networkedServices: () => networks.services(),
    removeNetwork: (service) => networks.remove(service),
  };
}

/** Methods as the types should declare them: all accept a signal, and some engines don't name their components. */
interface Pinged {
  ping(options: { abortSignal: AbortSignal }): Promise<unknown>;
  version(options: {
    abortSignal: AbortSignal;
  }): Promise<Pick<Docker.DockerVersion, 'ApiVersion' | 'Os'> & { Components?: { Name: string }[] | null }>;
  info(options: { abortSignal: AbortSignal }): Promise<{ DriverStatus?: [string, string][] | null }>;
}

async function ping(engine: Pinged, timeoutMs: number): Promise<{ apiVersion: string; buildKit: boolean }> {
  const signal = AbortSignal.timeout(timeoutMs);
  const pinged = await engine.ping({ abortSignal: signal });
  if (String(pinged).trim() !== 'OK') throw new Error(`it answered ${String(pinged).slice(0, 100)}`);
  const { ApiVersion: apiVersion, Os: os, Components: components } = await engine.version({ abortSignal: signal });
  const isPodman = components?.some(({ Name }) => Name === PODMAN) ?? false;
  const hasBuildKit = os === 'linux' && !isPodman && isAtLeast(apiVersion, FIRST_WITH_BUILDKIT);
  return { apiVersion, buildKit: hasBuildKit && !(await losesContext(engine, apiVersion, signal)) };
}

async function losesContext(engine: Pinged, apiVersion: string, signal: AbortSignal): Promise<boolean> {
  if (!isAtLeast(apiVersion, FIRST_WITH_CONTAINERD_STORE)) return false;
  if (isAtLeast(apiVersion, FIRST_TO_BUILD_IN_CONTAINERD_STORE)) return false;
  const { DriverStatus: driver } = await engine.info({ abortSignal: signal });
  return driver?.some(([, value]) => value === CONTAINERD_STORE) ?? false;
}

function isAtLeast(version: string, wanted: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function troubleOf(error: unknown): { trouble: EngineTrouble; reason: string } {
  const { code, name, message } = error as NodeJS.ErrnoException;
  const reason = code ?? message;
  if (isAbsent(error)) return { trouble: 'absent', reason };
  if (code === 'EACCES' || code === 'EPERM') return { trouble: 'denied', reason };
  if (name === 'AbortError' || name === 'TimeoutError' || code === 'ABORT_ERR' || message === 'aborted')
    return { trouble: 'silent', reason };
  return { trouble: 'broken', reason };
}

/** Reads the facts of an image. The engine omits fields that an image doesn't have. */
function factsOf({
  Config,
}: {
  Config: {
    ExposedPorts?: Record<string, unknown>;
    WorkingDir?: string;
    User?: string;
    Volumes?: Record<string, unknown> | null;
    Labels?: Record<string, string> | null;
  };
}): ImageFacts {
  const tcp = Object.keys(Config.ExposedPorts ?? {}).filter((port) => port.endsWith('/tcp'));
  const exposed = tcp.map((port) => Number.parseInt(port, 10));
  const volumes = Object.keys(Config.Volumes ?? {});
  const first = Number(Config.Labels?.[LABELS.port]);
  const firstPort = exposed.includes(first) ? { firstPort: first } : {};
  return { exposed, ...firstPort, workdir: Config.WorkingDir ?? '', user: Config.User ?? '', volumes };
}
