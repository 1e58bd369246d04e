// Which containers have ended, and by whom: an app's own end is told, one that the engine took with it is not.
import { setTimeout as delay } from 'node:timers/promises';
import { createInterface } from 'node:readline';
import type Docker from 'dockerode';
import { isUp, recordOf } from './container-facts.js';
import type { InstanceRecord } from '../instance-port.js';
import type { ContainerLookup } from './container-lookup.js';
import { labelFilter } from './engine-calls.js';
import type { EngineClients } from './connect.js';
import { statusOf, unlessUnknown } from './engine-answers.js';
import { LABELS } from './labels.js';

const LISTEN_AGAIN_MS = 500;
const LOOK_AGAIN_MS = 100;
const RUNS_ALREADY = 304;
/** A service answers in milliseconds, where Temporal is there. */
const ASKED_FOR_MS = 5000;
/** What the engine says of a container on one connection may be read before what it said earlier on another. */
const EVENT_LAG_MS = 100;

interface EndsDeps {
  docker: EngineClients;
  lookup: ContainerLookup;
  hostId: string;
  /** Of an ended container: it is gone once they are copied. */
  lastLines: (instanceId: string) => Promise<void>;
  /** The instances that a service wants to run. Rejects when it can't be asked. */
  wantedBy: (service: string) => Promise<readonly string[]>;
  /** How long it is waited for what it says. */
  askedForMs?: number;
  log: { warn(facts: object, message: string): void };
}

export interface ContainerEnds {
  /** Calls once when it is gone. Returns a function that ends the watching. */
  watchGone(instanceId: string, onGone: () => void): () => void;
  /** Its end will be Slipway's own doing. */
  expectStop(instanceId: string): void;
  isStopExpected(instanceId: string): boolean;
  /** An operator, or its own stop, had the engine end it. */
  wasSignalled(instanceId: string): boolean;
  /** By itself, or by Slipway's doing. One that the engine took with it, or may have, comes back: it has not ended. */
  hasEnded(instanceId: string): Promise<boolean>;
  forget(instanceId: string): void;
  /** Hears what ends until the signal fires; calls with each container that is there when the engine begins to tell. */
  follow(signal: AbortSignal, onFound: (info: Docker.ContainerInspectInfo) => void): Promise<void>;
}

export function createContainerEnds(deps: EndsDeps): ContainerEnds {
  const { docker, lookup, hostId, lastLines, wantedBy, askedForMs = ASKED_FOR_MS, log } = deps;
  const watchers = new Map<string, Set<() => void>>();
  /** Instances that somebody had the engine signal: an operator, or its own stop. */
  const signalled = new Set<string>();
  /** Instances that an engine took with it when it stopped. */
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
          // Said once, and asked again for as long as this worker lives: many hosts have no engine at all.
          if (!signal.aborted && String(error) !== trouble) log.warn({ err: error }, 'the engine can’t be listened to');
          trouble = String(error);
        }
      } while (await delay(LISTEN_AGAIN_MS, true, { signal }).catch(() => false)); // only a stop ends it early
    },
  };

  /** Until the engine ends it. Nothing of it goes on afterwards: two that listen would tell one end twice. */
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

  /** Or may be: its end is not decided yet. */
  function isTaken(instanceId: string): boolean {
    return taken.has(instanceId) || (signalled.has(instanceId) && !askedToStop.has(instanceId));
  }

  /** Only the engine's word counts: while it can't be asked, nothing is known to be gone. */
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

  /** What happened while nobody listened. */
  async function lookAround(onFound: (info: Docker.ContainerInspectInfo) => void): Promise<void> {
    await startTaken();
    for (const { Labels } of await lookup.list()) {
      const info = await lookup.inspect(Labels[LABELS.instance] ?? '');
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
      const instanceId = Actor?.Attributes?.[LABELS.instance];
      if (instanceId === undefined) continue;
      if (Action === 'kill') signalled.add(instanceId);
      else void tellGoneUnlessTaken(instanceId, over);
    }
  }

  /** An engine that stops signals its containers: their ends are none of the apps', and they run on when it is back. */
  async function tellGoneUnlessTaken(instanceId: string, over: AbortSignal): Promise<void> {
    const wasSignalled = signalled.has(instanceId) && !askedToStop.has(instanceId);
    const isEnding = wasSignalled && (await isEngineEnding(over));
    if (wasSignalled && !signalled.has(instanceId)) return; // settled already: the engine is back
    if (isEnding) taken.add(instanceId);
    else if (wasSignalled) endedBySignal.add(instanceId);
    signalled.delete(instanceId); // once it is decided: meanwhile nobody may take it for an app that ended
    if (!isEnding) return tellGone(instanceId);
    log.warn({ instanceId }, 'the engine took a container with it');
  }

  /** An engine that ends takes no new connection from before it signals its containers. */
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

  /** Also those whose end was not heard any more. */
  async function startTaken(): Promise<void> {
    await Promise.all([...new Set([...taken, ...signalled])].map(settleTaken));
  }

  /** It is taken until it runs again: between the two it would look like an app that ended. */
  async function settleTaken(instanceId: string): Promise<void> {
    const info = await lookup.inspect(instanceId);
    const isWanted = info !== undefined && (await isStillWanted(recordOf(info)));
    if (isWanted && isTaken(instanceId)) await startAgain(instanceId); // its stop may have begun meanwhile
    taken.delete(instanceId);
    signalled.delete(instanceId);
  }

  /**
   * Its service may have been stopped or removed, or run something else by now. An app does not wait for Temporal: where
   * nobody answers it counts as wanted, and a service that has done with it stops it in any case.
   */
  async function isStillWanted({ service, instanceId }: InstanceRecord): Promise<boolean> {
    const patience = new AbortController();
    const silence = delay(askedForMs, undefined, { signal: patience.signal }).then(() => {
      throw new Error(`there was no answer in ${askedForMs} ms`);
    });
    try {
      const wanted = await Promise.race([wantedBy(service), silence]);
      if (!wanted.includes(instanceId))
        log.warn(
          { service, instanceId },
          'a container that the engine took with it is not started: its service is done with it',
        );
      return wanted.includes(instanceId);
    } catch (error) {
      log.warn({ service, instanceId, err: error }, 'a service could not be asked: its container is started again');
      return true;
    } finally {
      patience.abort();
      silence.catch(() => undefined); // nobody waits any more
    }
  }

  /** One that the engine refuses has ended; when the engine is gone once more, there is a next time. */
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

/** It takes connections, or systemd or a proxy does for it, and says nothing of use: it may be busy, or end. */
const isSilent = (error: unknown): boolean =>
  statusOf(error) !== undefined || (error as NodeJS.ErrnoException).code === 'ECONNRESET';
