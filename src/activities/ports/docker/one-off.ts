// Runs a command in its own container.
import type Docker from 'dockerode';
import { LineSplitter } from '../lines.js';
import type { OnLines, OutputStream, ToolResult } from '../tools.js';
import type { EngineClients } from './connect.js';
import { BAD_REQUEST, statusOf } from './engine-answers.js';
import { isSourceMissing, mountsOf, putLinks, sourceMissing, type ContainerData } from './container-data.js';
import { limitsOf, limitsOfHost, type ContainerLimits } from './container-limits.js';
import { envOf, removeContainer } from './engine-calls.js';
import { containerLabels, LABELS } from './labels.js';
import { OutputFrames } from './output-frames.js';
import type { ServiceNetworks } from './service-networks.js';
import { refusalOf } from './refusals.js';
import { Tail } from './tail.js';

/** A shell's exit code for a program that doesn't exist. */
const NOT_STARTED = 127;
/** The time limit for the end of a stopped container, in case the engine is stuck. */
const ENDED_MS = 2000;

export interface OnceOrder {
  image: string;
  name: string;
  argv: string[];
  env: Record<string, string>;
  /** If absent, the image's own user. */
  user?: string;
  data?: ContainerData;
  /** Includes the service's name, because the command runs in the service's network. */
  labels: Record<string, string>;
  signal: AbortSignal;
  onLines: OnLines;
}

export async function runOnce(
  engine: EngineClients & { limits: ContainerLimits; networks: ServiceNetworks },
  order: OnceOrder,
): Promise<ToolResult> {
  const service = order.labels[LABELS.service] ?? '';
  const run = (networkId: string | undefined): Promise<ToolResult> => runIn(engine, networkId, order);
  return engine.networks.with(service, run, () => removeContainer(engine.calls, order.name));
}

async function runIn(
  { calls, streams, limits }: EngineClients & { limits: ContainerLimits },
  networkId: string | undefined,
  order: OnceOrder,
): Promise<ToolResult> {
  const { signal } = order;
  await removeContainer(calls, order.name);
  signal.throwIfAborted();
  const container = await create(calls, limits, networkId, order);
  const waiting = streams.getContainer(container.id);
  const givenUp = new AbortController();
  const stop = (): void => {
    const stopped = container.stop({ t: 2 }).catch(() => undefined); // it may have ended by itself
    void stopped.then(() => setTimeout(() => givenUp.abort(), ENDED_MS));
  };
  try {
    if (order.data) await putLinks(container, order.data);
    const allOutput = await followOutput(waiting, order.onLines);
    signal.addEventListener('abort', stop, { once: true });
    const failure = await failureOf(container.start());
    if (failure !== undefined) return { exitCode: NOT_STARTED, tail: [failure] };
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

async function create(
  docker: Docker,
  limits: ContainerLimits,
  networkId: string | undefined,
  order: OnceOrder,
): Promise<Docker.Container> {
  const { data, user } = order;
  const held = await limitsOfHost(docker, limits);
  try {
    return await docker.createContainer({
      Image: order.image,
      name: order.name,
      Entrypoint: [],
      Cmd: order.argv,
      Env: envOf(order.env),
      Labels: containerLabels(order.labels),
      ...(user !== undefined && { User: user }),
      HostConfig: {
        ...(networkId !== undefined && { NetworkMode: networkId }),
        RestartPolicy: { Name: 'no' },
        Mounts: mountsOf(data),
        ...limitsOf(held, data),
      },
    });
  } catch (error) {
    if (data && isSourceMissing(error)) throw sourceMissing(data, error);
    throw refusalOf('create', error);
  }
}

/** Returns the engine's message about a command that it can't start. Undefined if it started. */
async function failureOf(start: Promise<unknown>): Promise<string | undefined> {
  try {
    await start;
    return undefined;
  } catch (error) {
    if (statusOf(error) === BAD_REQUEST) return (error as Error).message;
    throw refusalOf('start', error);
  }
}

/**
 * Attaches before the start, so that no line is missed. The returned function resolves with the last lines when the
 * output has ended and all lines were taken.
 */
async function followOutput(container: Docker.Container, onLines: OnLines): Promise<() => Promise<string[]>> {
  const attached = await container.attach({ stream: true, stdout: true, stderr: true });
  const read = readOutput(attached as AsyncIterable<Buffer>, onLines);
  read.catch(() => undefined); // who calls the returned function gets its error
  return () => read;
}

/** Reads a chunk when the lines of the last one were taken. Meanwhile the engine lets the command wait. */
async function readOutput(attached: AsyncIterable<Buffer>, onLines: OnLines): Promise<string[]> {
  const frames = new OutputFrames();
  const splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  const tail = new Tail();
  const take = async (stream: OutputStream, lines: readonly string[]): Promise<void> => {
    if (lines.length === 0) return;
    tail.add(lines);
    await onLines(stream, lines);
  };
  for await (const chunk of attached)
    for (const { stream, bytes } of frames.push(chunk)) await take(stream, splitters[stream].push(bytes));
  await take('stdout', splitters.stdout.end());
  await take('stderr', splitters.stderr.end());
  return tail.lines;
}
