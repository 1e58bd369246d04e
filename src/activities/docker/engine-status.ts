// Whether there is an engine to work with, and waiting for one that is only away.
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerRoot } from '../../contract/engine-root.js';
import { errorRecord, SlipwayError, type ErrorRecord } from '../../contract/errors.js';
import type { ManagerStatus } from '../../contract/steps.js';
import { statusOf } from '../ports/docker/engine-answers.js';
import type { EnginePort, EngineStatus } from '../ports/docker/engine.js';

/** An engine answers a ping in milliseconds: one that does not is stuck. */
export const PING_MS = 2000;
/** Before it is told to be stuck it gets a second chance: on a busy host an answer takes seconds. */
const PATIENT_PING_MS = 6000;
const ASK_AGAIN_MS = 250;
/** Between the first failures of an engine that goes down and its end. */
const ENDS_WITHIN_MS = 2000;
/** An engine that restarts breaks work off once or twice; one that does so every time is broken. */
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
 * Whether the host's operator lets nothing be deployed in this engine. Releases of before can be started, and rolled back to.
 */
export async function isRootForbidden(engine: EnginePort, containerRoot: ContainerRoot = 'any'): Promise<boolean> {
  return containerRoot === 'mapped' && !(await engine.isRootApart());
}

const ROOT_NOT_MAPPED = { text: 'engine_unavailable.root_not_mapped' } as const;
export const rootNotMapped = (): ErrorRecord => errorRecord('engine_unavailable', ROOT_NOT_MAPPED);

/** Throws where a deployment was let through before the operator demanded another engine. */
export async function mustMapRoot(engine: EnginePort, containerRoot?: ContainerRoot): Promise<void> {
  if (await isRootForbidden(engine, containerRoot)) throw new SlipwayError('engine_unavailable', ROOT_NOT_MAPPED);
}

export const engineDown = ({ trouble, reason }: Down): ErrorRecord =>
  errorRecord('engine_unavailable', { text: `engine_unavailable.${trouble}`, params: { reason } });

/** Waits until the engine answers, for as long as the signal lets it: the deployment's deadline is the workflow's. */
export async function untilUp(engine: EnginePort, signal: AbortSignal): Promise<Up> {
  for (;;) {
    const status = await engine.status(PING_MS);
    if (status.state === 'up') return status;
    if (status.trouble === 'denied') throw denied(status);
    await delay(ASK_AGAIN_MS, undefined, { signal });
  }
}

/** Does work that an engine which restarts breaks off: again, once it is back. The work must bear repetition. */
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

/** An engine that goes down fails in ways of its own, in words of its own, before its connections end. */
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

/** The connection ended, rather than that the engine refused. */
function isBrokenOff(error: unknown): boolean {
  if (error instanceof SlipwayError) return false;
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (statusOf(error) !== undefined) return false;
  if (code === 'ENOENT') return syscall === 'connect'; // else a file of the release is gone
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
