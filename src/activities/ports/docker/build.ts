// A build in the engine: BuildKit with its session, or the classic builder.
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { LineSplitter } from '../lines.js';
import type { OutputStream } from '../tools.js';
import { openSession, type BuildSession } from './build-session.js';
import { BuildTrace } from './build-trace.js';
import { lastStepImage, removeStepImages } from './classic-steps.js';
import type { EngineClients } from './connect.js';
import { BAD_REQUEST, statusOf } from './engine-answers.js';
import { Tail } from './tail.js';

export interface BuildOrder {
  /** A tar, read as the engine takes it. */
  context: Readable;
  /** Its name in the context. */
  dockerfile: string;
  target?: string;
  tag: string;
  labels: Record<string, string>;
  /** Layers keep those that a Dockerfile names itself, and not the predefined ones (proxies). */
  buildArgs: Record<string, string>;
  /** By the `id` of a mount; only BuildKit takes them. */
  secrets: Record<string, string>;
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

export async function build({ calls, streams }: EngineClients, order: BuildOrder): Promise<BuildOutcome> {
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
  const session = order.buildKit ? await openSession(streams, order.secrets) : undefined;
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
  const tail = new Tail();
  const say = (lines: readonly string[]): void => {
    if (lines.length === 0) return;
    tail.add(lines);
    order.onLines('stdout', lines);
  };
  const failure = await readBuild(answer, say, signal);
  signal.throwIfAborted();
  return failure === undefined ? { kind: 'built' } : { kind: 'failed', reason: failure, tail: tail.lines };
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
