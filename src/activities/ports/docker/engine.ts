// The Docker engine that DOCKER_HOST names, by its HTTP interface: images and one-off commands. No policy.
import { PassThrough, type Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import Docker from 'dockerode';
import { LineSplitter } from '../lines.js';
import type { OutputStream, ToolResult } from '../tools.js';
import { openSession, type BuildSession } from './build-session.js';
import { BuildTrace } from './build-trace.js';
import { lastStepImage, removeStepImages } from './classic-steps.js';
import type { EngineClients } from './connect.js';
import { contextTar } from './context-tar.js';
import { BAD_REQUEST, CONFLICT, isAbsent, statusOf, unlessUnknown } from './engine-answers.js';
import { LABELS } from './labels.js';

/** Why there is no engine to work with. */
export type EngineTrouble = 'absent' | 'denied' | 'silent' | 'broken';

export type EngineStatus =
  { state: 'up'; apiVersion: string; buildKit: boolean } | { state: 'down'; trouble: EngineTrouble; reason: string };

export interface BuildOrder {
  /** A tar, read as the engine takes it. */
  context: Readable;
  /** Its name in the context. */
  dockerfile: string;
  target?: string;
  tag: string;
  labels: Record<string, string>;
  /** Only of the kind that no layer keeps (proxies). */
  buildArgs: Record<string, string>;
  buildKit: boolean;
  /** Without layers of earlier builds. */
  anew: boolean;
  /** Ends the build in the engine, too. */
  signal: AbortSignal;
  /** Lines as they come; not masked. */
  onLines: (stream: OutputStream, lines: readonly string[]) => void;
}

/** `failed`: the engine's own last word, and the last lines of the build. */
export type BuildOutcome = { kind: 'built' } | { kind: 'failed'; reason: string; tail: string[] };

export interface ImageFacts {
  /** Ports of its EXPOSE lines (TCP). */
  exposed: number[];
}

export interface OnceOrder {
  image: string;
  name: string;
  argv: string[];
  env: Record<string, string>;
  labels: Record<string, string>;
  signal: AbortSignal;
  onLines: (stream: OutputStream, lines: readonly string[]) => void;
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
}

const TAIL_LINES = 300;
/** Engines of this API and newer have BuildKit beside the classic builder, whichever is their default. */
const FIRST_WITH_BUILDKIT = '1.39';
/** As a shell says it of a command that is not there. */
const NOT_STARTED = 127;
/** After its stop a container's end is told at once, unless the engine is stuck. */
const ENDED_MS = 2000;
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
  };
}

export const labelFilter = (labels: Record<string, string>): string[] =>
  Object.entries(labels).map(([name, value]) => `${name}=${value}`);

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
function factsOf({ Config }: { Config: { ExposedPorts?: Record<string, unknown> } }): ImageFacts {
  const tcp = Object.keys(Config.ExposedPorts ?? {}).filter((port) => port.endsWith('/tcp'));
  return { exposed: tcp.map((port) => Number.parseInt(port, 10)) };
}

async function build({ calls, streams }: EngineClients, order: BuildOrder): Promise<BuildOutcome> {
  let stepImage: string | undefined;
  const watched: BuildOrder = {
    ...order,
    onLines(stream, lines) {
      stepImage = lastStepImage(lines) ?? stepImage;
      order.onLines(stream, lines);
    },
  };
  const forget = async (): Promise<void> => {
    if (!order.buildKit && stepImage !== undefined) await removeStepImages(calls, stepImage);
  };
  const session = order.buildKit ? await openSession(streams) : undefined;
  try {
    const outcome = await runBuild(streams, watched, session);
    if (outcome.kind === 'failed') await forget();
    return outcome;
  } catch (error) {
    if (order.signal.aborted) await forget();
    if (statusOf(error) === BAD_REQUEST) return { kind: 'failed', reason: (error as Error).message, tail: [] };
    throw error;
  } finally {
    session?.close();
    order.context.destroy(); // not read to its end by a build that was refused or broken off
  }
}

async function runBuild(docker: Docker, order: BuildOrder, session?: BuildSession): Promise<BuildOutcome> {
  const { signal } = order;
  const answer = await docker.buildImage(order.context, {
    t: order.tag,
    dockerfile: order.dockerfile,
    ...(order.target !== undefined && { target: order.target }),
    labels: order.labels,
    buildargs: order.buildArgs,
    ...(order.anew && { nocache: true }),
    ...(session && { session: session.id, version: 2 as never }), // as text, dockerode opens a session of its own
    rm: true,
    forcerm: true,
    abortSignal: signal,
  });
  const tail: string[] = [];
  const say = (lines: readonly string[]): void => {
    if (lines.length === 0) return;
    tail.push(...lines);
    tail.splice(0, Math.max(0, tail.length - TAIL_LINES));
    order.onLines('stdout', lines);
  };
  const failure = await readBuild(answer, say, signal);
  signal.throwIfAborted();
  return failure === undefined ? { kind: 'built' } : { kind: 'failed', reason: failure, tail };
}

interface BuildMessage {
  id?: string;
  aux?: unknown;
  stream?: string;
  error?: string;
  errorDetail?: { message?: string };
}

/** The engine answers 200 to a build that fails: what went wrong stands in the last message. */
async function readBuild(
  answer: NodeJS.ReadableStream,
  say: (lines: readonly string[]) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  const trace = new BuildTrace();
  const classic = new LineSplitter();
  let failure: string | undefined;
  const lines = createInterface({ input: answer, crlfDelay: Infinity });
  try {
    for await (const line of lines) {
      if (line.trim() === '') continue;
      const { id, aux, stream, error, errorDetail } = JSON.parse(line) as BuildMessage;
      if (id === 'moby.buildkit.trace' && typeof aux === 'string') say(trace.read(aux));
      else if (stream !== undefined) say(classic.push(Buffer.from(stream)));
      failure = errorDetail?.message ?? error ?? failure;
    }
  } catch (error) {
    signal.throwIfAborted(); // it was cut off because the build was to end
    throw error;
  }
  say([...classic.end(), ...trace.end()]);
  return failure;
}

async function runOnce({ calls, streams }: EngineClients, order: OnceOrder): Promise<ToolResult> {
  const { signal } = order;
  await removeContainer(calls, order.name);
  signal.throwIfAborted();
  const container = await calls.createContainer({
    Image: order.image,
    name: order.name,
    Entrypoint: [],
    Cmd: order.argv,
    Env: envOf(order.env),
    Labels: order.labels,
    HostConfig: { RestartPolicy: { Name: 'no' } },
  });
  const waiting = streams.getContainer(container.id);
  const givenUp = new AbortController();
  const stop = (): void => {
    const stopped = container.stop({ t: 2 }).catch(() => undefined); // it may have ended by itself
    void stopped.then(() => setTimeout(() => givenUp.abort(), ENDED_MS));
  };
  try {
    const allOutput = await followOutput(streams, waiting, order.onLines);
    signal.addEventListener('abort', stop, { once: true });
    const refusal = await refusalOf(container.start());
    if (refusal !== undefined) return { exitCode: NOT_STARTED, tail: [refusal] };
    if (signal.aborted) stop();
    const { StatusCode } = (await waiting.wait({ abortSignal: givenUp.signal })) as { StatusCode: number };
    const tail = await allOutput();
    signal.throwIfAborted();
    return { exitCode: StatusCode, tail };
  } finally {
    signal.removeEventListener('abort', stop);
    await removeContainer(calls, order.name);
  }
}

/** What the engine says of a command that it can't start; undefined when it did. */
async function refusalOf(start: Promise<unknown>): Promise<string | undefined> {
  try {
    await start;
    return undefined;
  } catch (error) {
    if (statusOf(error) === BAD_REQUEST) return (error as Error).message;
    throw error;
  }
}

/** Attached before it starts, so that no line is missed. Resolves the tail once both streams have ended. */
async function followOutput(
  docker: Docker,
  container: Docker.Container,
  onLines: OnceOrder['onLines'],
): Promise<() => Promise<string[]>> {
  const attached = await container.attach({ stream: true, stdout: true, stderr: true });
  const tail: string[] = [];
  const follow = (stream: OutputStream): PassThrough => {
    const splitter = new LineSplitter();
    const take = (lines: readonly string[]): void => {
      tail.push(...lines);
      tail.splice(0, Math.max(0, tail.length - TAIL_LINES));
      if (lines.length > 0) onLines(stream, lines);
    };
    const sink = new PassThrough();
    sink.on('data', (chunk: Buffer) => {
      take(splitter.push(chunk));
    });
    sink.on('end', () => {
      take(splitter.end());
    });
    return sink;
  };
  const [stdout, stderr] = [follow('stdout'), follow('stderr')];
  docker.modem.demuxStream(attached, stdout, stderr);
  const ended = new Promise<void>((resolve) => {
    attached.once('end', resolve).once('close', resolve);
  });
  return async () => {
    await ended;
    stdout.end();
    stderr.end();
    return tail;
  };
}

export async function removeContainer(docker: Docker, name: string): Promise<void> {
  try {
    await unlessUnknown(docker.getContainer(name).remove({ force: true, v: true }));
  } catch (error) {
    if (statusOf(error) !== CONFLICT) throw error; // its removal is under way already
  }
}

export const envOf = (env: Readonly<Record<string, string>>): string[] =>
  Object.entries(env).map(([name, value]) => `${name}=${value}`);
