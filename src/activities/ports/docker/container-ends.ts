// Detects which containers have ended, and why. An app's own end is reported; a container that stopped together with
// the engine is started again.
import { setTimeout as delay } from 'node:timers/promises';
import { createInterface } from 'node:readline';
import pTimeout from 'p-timeout';
import type Docker from 'dockerode';
import { isUp, recordOf } from './container-facts.js';
import type { InstanceRecord } from '../instance-port.js';
import { passed } from '../../../waiting.js';
import { instanceIn, type ContainerLookup } from './container-lookup.js';
import { labelFilter } from './engine-calls.js';
import type { EngineClients } from './connect.js';
import { statusOf, unlessUnknown } from './engine-answers.js';
import { LABELS } from './labels.js';

const LISTEN_AGAIN_MS = 500;
const LOOK_AGAIN_MS = 100;
const RUNS_ALREADY = 304;
/** The time limit of a query. A service answers in milliseconds if Temporal is available. */
const ASKED_FOR_MS = 5000;
/** The engine's answer on one connection may arrive before an earlier event on another connection. */
const EVENT_LAG_MS = 100;

interface EndsDeps {
  docker: EngineClients;
  lookup: ContainerLookup;
  hostId: string;
  /** Resolves when the last lines of an ended container are copied. Only then it counts as gone. */
  lastLines: (instanceId: string) => Promise<void>;
  /** Returns the instances that a service should run. Rejects if the service can't be queried. */
  wantedBy: (service: string) => Promise<readonly string[]>;
  /** The time limit of `wantedBy`. */
  askedForMs?: number;
  log: { warn(facts: object, message: string): void };
}

export interface ContainerEnds {
  /** Calls once when the instance is gone. Returns a function that ends the watching. */
  watchGone(instanceId: string, onGone: () => void): () => void;
  /** Records that Slipway itself will end the instance. */
  expectStop(instanceId: string): void;
  isStopExpected(instanceId: string): boolean;
  /** Returns true if the engine ended it with a signal, from an operator or through its own stop. */
  wasSignalled(instanceId: string): boolean;
  /**
   * Returns true if it ended by itself or through Slipway. A container that stopped, or may have stopped, together with
   * the engine has not ended: it is started again.
   */
  hasEnded(instanceId: string): Promise<boolean>;
  forget(instanceId: string): void;
  /** Follows ends until the signal fires. Calls `onFound` with each existing container when the event stream starts. */
  follow(signal: AbortSignal, onFound: (info: Docker.ContainerInspectInfo) => void): Promise<void>;
}

export function createContainerEnds(deps: EndsDeps): ContainerEnds {
  const { docker, lookup, hostId, lastLines, wantedBy, askedForMs = ASKED_FOR_MS, log } = deps;
  const watchers = new Map<string, Set<() => void>>();
  /** Instances that the engine has signalled, on request of an operator or during its own stop. */
  const signalled = new Set<string>();
  /** Instances that stopped together with the engine. */
  const taken = new Set<string>();
  const askedToStop = new Set<string>();
  /** Instances that have ended since the engine signalled them. */
  const endedBySignal = new Set<string>();

  return {
    watchGone(instanceId, onGone) {
      const own = watchers.get(instanceId) ?? new Set();
      watchers.set(instanceId, own.add(onGone));
      void lookWhetherGone(instanceId);
      return () => {
        own.delete(onGone);
        if (own.size === 0 && watchers.get(instanceId) === own) watchers.delete(instanceId);
      };
    },

    expectStop(instanceId) {
      askedToStop.add(instanceId);
      taken.delete(instanceId);
    },

    isStopExpected: (instanceId) => askedToStop.has(instanceId),
    wasSignalled: (instanceId) => endedBySignal.has(instanceId),

    hasEnded,

    forget(instanceId) {
      askedToStop.delete(instanceId);
      endedBySignal.delete(instanceId);
    },

    async follow(signal, onFound) {
      let trouble = '';
      do {
        try {
          await listen(signal, onFound);
          trouble = '';
        } catch (error) {
          // Logged once, and retried while this worker runs: many hosts have no engine at all.
          if (!signal.aborted && String(error) !== trouble) log.warn({ err: error }, 'the engine can’t be listened to');
          trouble = String(error);
        }
      } while (await passed(LISTEN_AGAIN_MS, signal));
    },
  };

  /**
   * Follows events until the engine ends the stream. Afterwards nothing of it continues, because two listeners would
   * report an end twice.
   */
  async function listen(signal: AbortSignal, onFound: (info: Docker.ContainerInspectInfo) => void): Promise<void> {
    const turn = new AbortController();
    try {
      const events = await docker.streams.getEvents({
        filters: {
          type: ['container'],
          event: ['kill', 'die', 'destroy'],
          label: labelFilter({ [LABELS.host]: hostId }),
        },
        abortSignal: AbortSignal.any([signal, turn.signal]),
      } as Docker.GetEventsOptions);
      await Promise.all([lookAround(onFound), readEvents(events, turn.signal)]);
    } finally {
      turn.abort();
    }
  }

  async function hasEnded(instanceId: string): Promise<boolean> {
    if (isTaken(instanceId) || isUp(await lookup.inspect(instanceId))) return false;
    await delay(EVENT_LAG_MS);
    return !isTaken(instanceId);
  }

  /** Returns true if the container stopped together with the engine, or if this isn't decided yet. */
  function isTaken(instanceId: string): boolean {
    return taken.has(instanceId) || (signalled.has(instanceId) && !askedToStop.has(instanceId));
  }

  /**
   * Checks whether an instance is gone. Only the engine's answer counts: while the engine can't be queried, no instance
   * counts as gone.
   */
  async function lookWhetherGone(instanceId: string): Promise<void> {
    try {
      if (await hasEnded(instanceId)) await tellGone(instanceId);
    } catch (error) {
      log.warn({ instanceId, err: error }, 'the engine could not be asked; its next answer will tell');
    }
  }

  async function tellGone(instanceId: string): Promise<void> {
    await lastLines(instanceId);
    const own = watchers.get(instanceId);
    watchers.delete(instanceId);
    for (const onGone of own ?? []) onGone();
  }

  /** Handles events that happened while no stream was open. */
  async function lookAround(onFound: (info: Docker.ContainerInspectInfo) => void): Promise<void> {
    await startTaken();
    for (const instanceId of await lookup.instances()) {
      const info = await lookup.inspect(instanceId);
      if (info && info.State.Status !== 'created') onFound(info);
    }
    await Promise.all([...watchers.keys()].map(lookWhetherGone));
  }

  async function readEvents(events: NodeJS.ReadableStream, over: AbortSignal): Promise<void> {
    for await (const line of createInterface({ input: events })) {
      const { Action, Actor } = JSON.parse(line) as {
        Action?: string;
        Actor?: { Attributes?: Record<string, string> };
      };
      const { name = '', ...labels } = Actor?.Attributes ?? {};
      const instanceId = instanceIn({ Names: [`/${name}`], Labels: labels });
      if (instanceId === undefined) continue;
      if (Action === 'kill') signalled.add(instanceId);
      else void tellGoneUnlessTaken(instanceId, over);
    }
  }

  /**
   * Reports an end, unless the engine is stopping. An engine that stops signals its containers: these ends aren't the
   * apps' own, and the containers run again when it is back.
   */
  async function tellGoneUnlessTaken(instanceId: string, over: AbortSignal): Promise<void> {
    const wasSignalled = signalled.has(instanceId) && !askedToStop.has(instanceId);
    const isEnding = wasSignalled && (await isEngineEnding(over));
    if (wasSignalled && !signalled.has(instanceId)) return; // settled already, because the engine is back
    if (isEnding) taken.add(instanceId);
    else if (wasSignalled) endedBySignal.add(instanceId);
    signalled.delete(instanceId); // only after the decision: meanwhile it must not count as an app that ended
    if (!isEnding) return tellGone(instanceId);
    log.warn({ instanceId }, 'the engine took a container with it');
  }

  /**
   * Returns true if the engine is shutting down: it then accepts no new connection from before it signals its
   * containers.
   */
  async function isEngineEnding(over: AbortSignal): Promise<boolean> {
    while (!over.aborted) {
      try {
        await docker.looks.ping();
        return over.aborted; // then the next engine has answered
      } catch (error) {
        if (!isSilent(error)) return true;
        await delay(LOOK_AGAIN_MS);
      }
    }
    return true;
  }

  /** Starts containers that stopped together with the engine, including those whose end event was missed. */
  async function startTaken(): Promise<void> {
    await Promise.all([...new Set([...taken, ...signalled])].map(settleTaken));
  }

  /** Starts the container, and only then removes it from `taken`: in between it would count as an app that ended. */
  async function settleTaken(instanceId: string): Promise<void> {
    const info = await lookup.inspect(instanceId);
    const isWanted = info !== undefined && (await isStillWanted(recordOf(info)));
    if (isWanted && isTaken(instanceId)) await startAgain(instanceId); // its stop may have started meanwhile
    taken.delete(instanceId);
    signalled.delete(instanceId);
  }

  /**
   * Returns true if the service should still run the instance. The service may have been stopped or removed, or may run
   * another instance by now. An app doesn't wait for Temporal: without an answer it counts as wanted, and its service
   * stops it later if it isn't.
   */
  async function isStillWanted({ service, instanceId }: InstanceRecord): Promise<boolean> {
    try {
      const wanted = await pTimeout(wantedBy(service), { milliseconds: askedForMs });
      if (!wanted.includes(instanceId))
        log.warn(
          { service, instanceId },
          'a container that the engine took with it is not started: its service is done with it',
        );
      return wanted.includes(instanceId);
    } catch (error) {
      log.warn({ service, instanceId, err: error }, 'a service could not be asked: its container is started again');
      return true;
    }
  }

  /**
   * Starts a container. If the engine refuses, the container has ended. If the engine is gone again, this is repeated
   * later.
   */
  async function startAgain(instanceId: string): Promise<void> {
    try {
      await unlessUnknown(lookup.container(instanceId).start());
    } catch (error) {
      if (statusOf(error) === undefined) throw error;
      if (statusOf(error) === RUNS_ALREADY) return;
      log.warn({ instanceId, err: error }, 'a container could not be started again');
    }
  }
}

/**
 * Returns true if a connection was accepted, maybe by systemd or a proxy, without a useful answer: the engine may be
 * busy or shutting down.
 */
const isSilent = (error: unknown): boolean =>
  statusOf(error) !== undefined || (error as NodeJS.ErrnoException).code === 'ECONNRESET';
