// The Docker engine that DOCKER_HOST names, as activities reach it: its state, images, builds and one-off commands. No policy.
import type Docker from 'dockerode';
import type { ToolResult } from '../tools.js';
import { build, type BuildOrder, type BuildOutcome } from './build.js';
import type { EngineClients } from './connect.js';
import type { CopiedOut } from './container-data.js';
import { contextTar } from './context-tar.js';
import { CONFLICT, isAbsent, statusOf, unlessUnknown } from './engine-answers.js';
import { labelFilter, removeContainer } from './engine-calls.js';
import { copyFromImage, type ImageFilesOrder } from './image-files.js';
import { LABELS } from './labels.js';
import { runOnce, type OnceOrder } from './one-off.js';
import { hostPath } from './own-mounts.js';

/** Why there is no engine to work with. */
export type EngineTrouble = 'absent' | 'denied' | 'silent' | 'broken';

export type EngineStatus =
  { state: 'up'; apiVersion: string; buildKit: boolean } | { state: 'down'; trouble: EngineTrouble; reason: string };

export interface ImageFacts {
  /** Ports of its EXPOSE lines (TCP). */
  exposed: number[];
  /** Of its WORKDIR line. */
  workdir: string;
  /** Of its USER line; empty for root. */
  user: string;
  /** Of its VOLUME lines. */
  volumes: string[];
}

export interface EnginePort {
  status(timeoutMs: number): Promise<EngineStatus>;
  image(ref: string): Promise<ImageFacts | undefined>;
  /** A build context, written while it is read. */
  context: typeof contextTar;
  build(order: BuildOrder): Promise<BuildOutcome>;
  /** Whether it is gone. One that a container uses stays, untouched; that there is none is as good. */
  removeImage(ref: string): Promise<boolean>;
  /** Tags of images that carry all these labels. */
  imageTags(labels: Record<string, string>): Promise<string[]>;
  /** Removes untagged images that carry all these labels: leavings of the classic builder. */
  pruneUntagged(labels: Record<string, string>): Promise<void>;
  /** Removes what carries all these labels but is no app: commands of deployments that `isOver` names. */
  removeCommands(labels: Record<string, string>, isOver: (deploymentId: string) => boolean): Promise<void>;
  /** Ends and removes a container; that there is none is as good. */
  removeContainer(name: string): Promise<void>;
  /** Runs a command in a container of its own, which is gone when this resolves. An earlier one of that name goes first. */
  runOnce(order: OnceOrder): Promise<ToolResult>;
  /** Copies a file or folder of an image; undefined when the image has none. */
  copyFromImage(order: ImageFilesOrder): Promise<CopiedOut | undefined>;
  /** How the engine's host calls a path of this process. */
  hostPath(path: string): Promise<string>;
}

/** Engines of this API and newer have BuildKit beside the classic builder, whichever is their default. */
const FIRST_WITH_BUILDKIT = '1.39';
/** Names such an API version, too, but has a builder of its own and refuses BuildKit's session. */
const PODMAN = 'Podman Engine';

/** `wanted.buildKit`: where the engine has it; false means the classic builder. */
export function createEngine(clients: EngineClients, wanted = { buildKit: true }): EnginePort {
  const { calls, streams } = clients;
  return {
    async status(timeoutMs) {
      try {
        const { apiVersion, buildKit } = await ping(calls, timeoutMs);
        return { state: 'up', apiVersion, buildKit: buildKit && wanted.buildKit };
      } catch (error) {
        return { state: 'down', ...troubleOf(error) };
      }
    },

    async image(ref) {
      const found = await unlessUnknown(calls.getImage(ref).inspect());
      return found && factsOf(found);
    },

    context: contextTar,
    build: (order) => build(clients, order),

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
      const found = await calls.listContainers({ all: true, filters: { label: labelFilter(labels) } });
      const commands = found.filter(({ Labels }) => Labels[LABELS.instance] === undefined);
      const over = commands.filter(({ Labels }) => isOver(Labels[LABELS.deployment] ?? ''));
      for (const { Id } of over) await removeContainer(calls, Id);
    },

    removeContainer: (name) => removeContainer(calls, name),
    runOnce: (order) => runOnce(clients, order),
    copyFromImage: (order) => copyFromImage(streams, order),
    hostPath: (path) => hostPath(calls, path),
  };
}

/** What the types leave out: both take a signal, and not every engine names its components. */
interface Pinged {
  ping(options: { abortSignal: AbortSignal }): Promise<unknown>;
  version(options: {
    abortSignal: AbortSignal;
  }): Promise<Pick<Docker.DockerVersion, 'ApiVersion' | 'Os'> & { Components?: { Name: string }[] | null }>;
}

async function ping(engine: Pinged, timeoutMs: number): Promise<{ apiVersion: string; buildKit: boolean }> {
  const signal = AbortSignal.timeout(timeoutMs);
  const pinged = await engine.ping({ abortSignal: signal });
  if (String(pinged).trim() !== 'OK') throw new Error(`it answered ${String(pinged).slice(0, 100)}`);
  const { ApiVersion: apiVersion, Os: os, Components: components } = await engine.version({ abortSignal: signal });
  const isPodman = components?.some(({ Name }) => Name === PODMAN) ?? false;
  return { apiVersion, buildKit: os === 'linux' && !isPodman && isAtLeast(apiVersion, FIRST_WITH_BUILDKIT) };
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

/** The engine leaves out what an image does not have. */
function factsOf({
  Config,
}: {
  Config: {
    ExposedPorts?: Record<string, unknown>;
    WorkingDir?: string;
    User?: string;
    Volumes?: Record<string, unknown> | null;
  };
}): ImageFacts {
  const tcp = Object.keys(Config.ExposedPorts ?? {}).filter((port) => port.endsWith('/tcp'));
  const exposed = tcp.map((port) => Number.parseInt(port, 10));
  const volumes = Object.keys(Config.Volumes ?? {});
  return { exposed, workdir: Config.WorkingDir ?? '', user: Config.User ?? '', volumes };
}
