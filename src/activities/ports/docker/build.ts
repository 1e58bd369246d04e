// Runs a build in the engine: with BuildKit and its session, or with the classic builder.
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { LineSplitter } from '../lines.js';
import type { OnLines } from '../tools.js';
import { openSession, type BuildSession } from './build-session.js';
import { BuildTrace } from './build-trace.js';
import { lastStepImage, removeStepImages } from './classic-steps.js';
import type { EngineClients } from './connect.js';
import { BAD_REQUEST, statusOf } from './engine-answers.js';
import { Tail } from './tail.js';

export interface BuildOrder {
  /** A tar stream that the engine reads. */
  context: Readable;
  /** Its name in the context. */
  dockerfile: string;
  target?: string;
  tag: string;
  labels: Record<string, string>;
  /** Layers store arguments that a Dockerfile declares, but not the predefined ones (proxies). */
  buildArgs: Record<string, string>;
  /** Keyed by the `id` of a mount. Only BuildKit accepts secrets. */
  secrets: Record<string, string>;
  buildKit: boolean;
  /** True to build without cached layers. */
  anew: boolean;
  /** Ends the build in the engine, too. */
  signal: AbortSignal;
  onLines: OnLines;
}

/** `failed` has the engine's last message, and the last lines of the build. */
export type BuildOutcome = { kind: 'built' } | { kind: 'failed'; reason: string; tail: string[] };

export async function build({ calls, streams }: EngineClients, order: BuildOrder): Promise<BuildOutcome> {
  let stepImage: string | undefined;
  const watched: BuildOrder = {
    ...order,
    onLines(stream, lines) {
      stepImage = lastStepImage(lines) ?? stepImage;
      return order.onLines(stream, lines);
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
    order.context.destroy(); // a build that failed to start or was interrupted has not read it to its end
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
    ...(session && { session: session.id, version: 2 as never }), // with a text, dockerode would open its own session
    rm: true,
    forcerm: true,
    abortSignal: signal,
  });
  const tail = new Tail();
  const emit = async (lines: readonly string[]): Promise<void> => {
    if (lines.length === 0) return;
    tail.add(lines);
    await order.onLines('stdout', lines);
  };
  const failure = await readBuild(answer, emit, signal);
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

/**
 * Reads the engine's stream. Returns the error of the last message, because the engine answers 200 to a build that
 * fails.
 */
async function readBuild(
  answer: NodeJS.ReadableStream,
  emit: (lines: readonly string[]) => Promise<void>,
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
      if (id === 'moby.buildkit.trace' && typeof aux === 'string') await emit(trace.read(aux));
      else if (stream !== undefined) await emit(classic.push(Buffer.from(stream)));
      failure = errorDetail?.message ?? error ?? failure;
    }
  } catch (error) {
    signal.throwIfAborted(); // the stream was cut off because the build was cancelled
    throw error;
  }
  await emit([...classic.end(), ...trace.end()]);
  return failure;
}
