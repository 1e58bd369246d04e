// Checks whether the engine is available, and waits for an engine that is away for a short time.
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerRoot } from '../../contract/engine-root.js';
import { errorRecord, SlipwayError, type ErrorRecord } from '../../contract/errors.js';
import type { ManagerStatus } from '../../contract/steps.js';
import { statusOf } from '../ports/docker/engine-answers.js';
import type { EnginePort, EngineStatus } from '../ports/docker/engine.js';

/** The time limit of a ping. An engine answers in milliseconds, unless it is stuck. */
export const PING_MS = 2000;
/** The time limit of a second ping before the engine counts as stuck: on a busy host an answer takes seconds. */
const PATIENT_PING_MS = 6000;
const ASK_AGAIN_MS = 250;
/** The time between the first failures of an engine that shuts down and its end. */
const ENDS_WITHIN_MS = 2000;
/**
 * The number of attempts. An engine that restarts interrupts work once or twice; an engine that always does is broken.
 */
const MOST_TRIES = 6;

type Up = Extract<EngineStatus, { state: 'up' }>;
type Down = Extract<EngineStatus, { state: 'down' }>;

export async function probeEngine(engine: EnginePort, containerRoot?: ContainerRoot): Promise<ManagerStatus> {
  let status = await engine.status(PING_MS);
  if (status.state === 'down' && status.trouble === 'silent') status = await engine.status(PATIENT_PING_MS);
  if (status.state === 'down') return { status: 'unavailable', error: engineDown(status) };
  try {
    const isForbidden = await isRootForbidden(engine, containerRoot);
    return isForbidden ? { status: 'unavailable', error: rootNotMapped() } : { status: 'available' };
  } catch (error) {
    const reason = (error as Error).message;
    return { status: 'unavailable', error: engineDown({ state: 'down', trouble: 'broken', reason }) };
  }
}

/**
 * Returns true if the operator's settings forbid deployments in this engine. Existing releases can still be started,
 * and rolled back to.
 */
export async function isRootForbidden(engine: EnginePort, containerRoot: ContainerRoot = 'any'): Promise<boolean> {
  return containerRoot === 'mapped' && !(await engine.isRootApart());
}

const ROOT_NOT_MAPPED = { text: 'engine_unavailable.root_not_mapped' } as const;
export const rootNotMapped = (): ErrorRecord => errorRecord('engine_unavailable', ROOT_NOT_MAPPED);

/** Throws if the operator requires another engine, for a deployment that was admitted before. */
export async function mustMapRoot(engine: EnginePort, containerRoot?: ContainerRoot): Promise<void> {
  if (await isRootForbidden(engine, containerRoot)) throw new SlipwayError('engine_unavailable', ROOT_NOT_MAPPED);
}

export const engineDown = ({ trouble, reason }: Down): ErrorRecord =>
  errorRecord('engine_unavailable', { text: `engine_unavailable.${trouble}`, params: { reason } });

/** Waits until the engine answers or the signal fires. The workflow has the deadline. */
export async function untilUp(engine: EnginePort, signal: AbortSignal): Promise<Up> {
  for (;;) {
    const status = await engine.status(PING_MS);
    if (status.state === 'up') return status;
    if (status.trouble === 'denied') throw denied(status);
    await delay(ASK_AGAIN_MS, undefined, { signal });
  }
}

/** Runs work, and repeats it after a restart of the engine. The work must be repeatable. */
export async function withEngine<T>(engine: EnginePort, signal: AbortSignal, work: (up: Up) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const up = await untilUp(engine, signal);
    try {
      return await work(up);
    } catch (error) {
      signal.throwIfAborted();
      if (!isBrokenOff(error) && !(mayBeItsEnd(error) && (await isEnding(engine)))) throw error;
      if (tries === MOST_TRIES) throw brokenOff(error);
      await delay(ASK_AGAIN_MS, undefined, { signal });
    }
  }
}

/** Returns true for errors that an engine may cause while it shuts down, before its connections end. */
function mayBeItsEnd(error: unknown): boolean {
  if (error instanceof SlipwayError) return ['build_failed', 'out_of_memory.build'].includes(error.text);
  return (statusOf(error) ?? 500) >= 500;
}

async function isEnding(engine: EnginePort): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < ENDS_WITHIN_MS; waitedMs += ASK_AGAIN_MS) {
    if ((await engine.status(PING_MS)).state === 'down') return true;
    await delay(ASK_AGAIN_MS);
  }
  return false;
}

/** Returns true if the connection ended, and false for a response of the engine. */
function isBrokenOff(error: unknown): boolean {
  if (error instanceof SlipwayError) return false;
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (statusOf(error) !== undefined) return false;
  if (code === 'ENOENT') return syscall === 'connect'; // otherwise a file of the release is missing
  return (
    ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ECONNABORTED'].includes(code ?? '') ||
    /socket hang up|aborted|premature close/i.test(message)
  );
}

const brokenOff = (cause: unknown): SlipwayError =>
  new SlipwayError('engine_unavailable', {
    text: 'engine_unavailable.broken',
    params: { reason: (cause as Error).message },
    cause,
  });

const denied = ({ trouble, reason }: Down): SlipwayError =>
  new SlipwayError('engine_unavailable', { text: `engine_unavailable.${trouble}`, params: { reason } });
