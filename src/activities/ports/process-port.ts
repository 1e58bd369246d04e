// Apps under their keepers: starts, stops and watches them, and reads their files. No policy.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import getPort from 'get-port';
import { SlipwayError } from '../../contract/errors.js';
import { instanceDir, instanceLog, type Layout } from '../../contract/layout.js';
import type { InstanceExit } from '../../contract/steps.js';
import { ifThere } from '../../files.js';
import { onceEnded, writeIfRead } from './fifos.js';
import { canListen } from './listening.js';
import { killLeft } from './kill-left.js';
import { readLogFrom, readLogTail } from './instance-log.js';
import type { InstanceFacts, InstancePort, InstanceRecord, StartOutcome } from './instance-port.js';
import {
  bootId,
  countConnectionsTo,
  listeningSockets,
  openFilesOf,
  outputPipesOf,
  socketsBelow,
  wasStartedWith,
  listenersSeenBy,
} from './proc.js';
import type { ProcessUser } from './process-user.js';
import { MARK, type Keeper } from './tools.js';
import { whenGone } from './when-gone.js';

/** The record that its keeper wrote after the start of the app. */
export interface ProcessRecord extends InstanceRecord {
  keeperPid: number;
  appPid: number;
  /** The pipes that its app has as stdout and stderr, by inode. Absent in records of earlier versions. */
  output?: { boot: string; pipes: number[] };
}

/** The end of an app, as its keeper recorded it. */
export type KeptExit = InstanceExit & { reason: 'exited' | 'stopped' };

export interface StartConfig {
  facts: InstanceFacts;
  /** Run with `/bin/sh -c`, unchanged. */
  command: string;
  cwd: string;
  /** The app's complete environment. */
  env: Record<string, string>;
  /** If absent, Slipway's own user. */
  user?: ProcessUser;
  /** The texts to mask in its output, longest first. */
  mask: string[];
  /** The time between SIGTERM and SIGKILL. */
  graceMs: number;
}

/** Apps as processes. An instance is alive while its keeper is. */
export interface ProcessPort extends InstancePort<StartConfig> {
  start(config: StartConfig): Promise<StartOutcome<ProcessRecord>>;
  takeUp(instanceId: string): Promise<StartOutcome<ProcessRecord> | undefined>;
  /** Returns true if its keeper is alive. */
  isAlive(instanceId: string): boolean;
  readRecord(instanceId: string): Promise<ProcessRecord | undefined>;
  /** Returns how the app ended, from its keeper. Undefined while it runs, or if the keeper itself was killed. */
  readExit(instanceId: string): Promise<KeptExit | undefined>;
  /** Sends the keeper a stop of the whole tree. Returns false if there is no keeper. */
  requestStop(instanceId: string): boolean;
  killKeeper(instanceId: string): Promise<void>;
  /** Returns a port that nothing listens on: the preferred port if it is free. */
  freePort(prefer?: number): Promise<number>;
  isPortFree(port: number): Promise<boolean>;
  /** Returns the number of open connections to a port of this host. */
  countConnectionsTo(port: number): number;
}

/** 10 MB for each of 5 files. */
const LOG_BYTES = 10 * 1024 * 1024;
const LOG_FILES = 5;

/** Exit codes with which a keeper refuses: see keeper.py. */
const EXIT_RUNNING = 75;
const EXIT_LEFTOVER = 76;

/** The time limit for a record. A keeper that holds the lock writes it within about 50 ms. */
const RECORD_WITHIN_MS = 5000;
const LOOK_AGAIN_MS = 20;
/** A keeper opens its lock first, so few other files come before it. */
const MOST_FILES_OF_KEEPER = 64;
/** The prefix of folders that are being removed. No instance has it. */
const FORGOTTEN = '.forgotten-';

export function createProcesses(layout: Layout, keeper: Keeper): ProcessPort {
  const listeners = new Set<(record: InstanceRecord) => void>();
  const inDir = (instanceId: string, name: string): string => `${instanceDir(layout, instanceId)}/${name}`;

  const port: ProcessPort = {
    start: async (config) => announce(await startOrFind(config)),

    async takeUp(instanceId) {
      const record = await port.readRecord(instanceId);
      return record && announce({ state: port.isAlive(instanceId) ? 'running' : 'ended', record });
    },

    onStarted(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    isAlive: (instanceId) => writeIfRead(inDir(instanceId, 'control'), ''),
    readRecord: (instanceId) => readJson<ProcessRecord>(inDir(instanceId, 'instance.json')),
    readExit: (instanceId) => readJson<KeptExit>(inDir(instanceId, 'exit.json')),
    requestStop: (instanceId) => writeIfRead(inDir(instanceId, 'control'), 'stop\n'),

    /**
     * Kills the keeper. Only a keeper opens its folder's lock, which identifies its pid even if it was frozen before it
     * wrote its record.
     */
    async killKeeper(instanceId) {
      const dir = await ifThere(realpath(instanceDir(layout, instanceId)));
      if (dir === undefined) return;
      await killLeft(instanceId, (pid) => openFilesOf(pid, MOST_FILES_OF_KEEPER).includes(`${dir}/lock`));
    },

    watchGone: (instanceId, onGone) => onceEnded(inDir(instanceId, 'alive'), onGone),

    waitGone: (instanceId, signal) => whenGone((onGone) => port.watchGone(instanceId, onGone), signal),

    async listInstances() {
      const names = (await ifThere(readdir(layout.instances))) ?? [];
      return names.filter((name) => !name.startsWith(FORGOTTEN));
    },

    /** Renames the folder first, so that a reader finds all of an instance's files or none. */
    async forget(instanceId) {
      const forgotten = `${layout.instances}/${FORGOTTEN}${instanceId}`;
      await rm(forgotten, { recursive: true, force: true }); // left by an earlier attempt
      await ifThere(rename(instanceDir(layout, instanceId), forgotten));
      await rm(forgotten, { recursive: true, force: true });
    },
    async sweep(instanceId) {
      const mark = await ifThere(readFile(inDir(instanceId, 'mark'), 'utf8'));
      if (mark === '') return; // its keeper was killed before it started anything
      // An instance of an earlier version has no mark file.
      const variable = mark === undefined ? `SLIPWAY_INSTANCE=${instanceId}` : `${MARK}=${mark}`;
      await killLeft(instanceId, leftOf(variable, await port.readRecord(instanceId)));
    },

    async freePort(prefer) {
      if (prefer !== undefined && (await port.isPortFree(prefer))) return prefer;
      return getPort();
    },

    isPortFree: async (number) => listeningSockets(number).length === 0 && (await canListen(number)),

    countConnectionsTo,

    async portHolder(instanceId, number) {
      const listening = listeningSockets(number);
      if (listening.length === 0) return 'nobody';
      const record = await port.readRecord(instanceId);
      if (!record || !port.isAlive(instanceId)) return 'stranger';
      const isOwn = (): boolean => {
        const own = socketsBelow(record.keeperPid);
        return listening.every((socket) => own.has(socket));
      };
      // Linux omits a child from its list if an earlier child ends at that moment, but not twice in a row.
      return isOwn() || isOwn() ? 'instance' : 'stranger';
    },

    async listening(instanceId, wanted) {
      const record = await port.readRecord(instanceId);
      if (!record) return undefined;
      const own = socketsBelow(record.keeperPid);
      return { wanted, hasOwnNetwork: false, sockets: listenersSeenBy('self').filter(({ inode }) => own.has(inode)) };
    },

    ownHealth: () => Promise.resolve('none'),

    logTail: (service, instanceId, count) => readLogTail(instanceLog(layout, service, instanceId), LOG_FILES, count),
    readLog: (service, instanceId, from) => readLogFrom(instanceLog(layout, service, instanceId), LOG_FILES, from),
  };
  return port;

  function announce<R extends InstanceRecord>(outcome: StartOutcome<R>): StartOutcome<R> {
    if (outcome.state !== 'running') return outcome;
    for (const listener of listeners) listener(outcome.record);
    return outcome;
  }

  async function startOrFind(config: StartConfig): Promise<StartOutcome<ProcessRecord>> {
    const { instanceId, service } = config.facts;
    const log = instanceLog(layout, service, instanceId);
    await mkdir(instanceDir(layout, instanceId), { recursive: true, mode: 0o700 });
    await mkdir(dirname(log), { recursive: true, mode: 0o700 });
    const { exitCode, answer, errors } = await askKeeper(
      keeper,
      instanceId,
      orderOf(config, instanceDir(layout, instanceId), log),
    );
    if (answer !== '') return { state: 'running', record: JSON.parse(answer) as ProcessRecord };
    if (exitCode === EXIT_RUNNING) return waitForRecord(instanceId);
    if (exitCode === EXIT_LEFTOVER) return asEnded(await port.readRecord(instanceId));
    throw new SlipwayError('internal', {
      params: { reason: `the keeper did not start: ${errors.trim()}` },
      retryable: true,
    });
  }

  /** Waits for the record of an earlier attempt's keeper, which is alive and may be about to write it. */
  async function waitForRecord(instanceId: string): Promise<StartOutcome<ProcessRecord>> {
    for (let waitedMs = 0; waitedMs < RECORD_WITHIN_MS; waitedMs += LOOK_AGAIN_MS) {
      const record = await port.readRecord(instanceId);
      if (record) return { state: port.isAlive(instanceId) ? 'running' : 'ended', record };
      await delay(LOOK_AGAIN_MS);
    }
    throw new SlipwayError('internal', {
      params: { reason: `the keeper of ${instanceId} holds its lock without a record` },
      retryable: true,
    });
  }
}

const asEnded = (record: ProcessRecord | undefined): StartOutcome<ProcessRecord> =>
  record ? { state: 'ended', record } : { state: 'ended' };

/**
 * Returns a check for processes that a dead keeper left. Such a process has the mark in its environment. If it
 * overwrote its environment, it writes to a pipe that only the app's own tree has.
 */
function leftOf(variable: string, record: ProcessRecord | undefined): (pid: number) => boolean {
  const { boot, pipes } = record?.output ?? { boot: '', pipes: [] };
  // In another boot, other processes have the same numbers.
  const given = new Set(boot === bootId() ? pipes.map(String) : []);
  return (pid) =>
    wasStartedWith(pid, variable) || (given.size > 0 && outputPipesOf(pid).some((pipe) => given.has(pipe)));
}

function orderOf({ facts, command, cwd, env, user, mask, graceMs }: StartConfig, dir: string, log: string): string {
  const argv = ['/bin/sh', '-c', command];
  return JSON.stringify({
    dir,
    argv,
    cwd,
    env,
    user,
    mask,
    graceMs,
    log,
    logBytes: LOG_BYTES,
    logFiles: LOG_FILES,
    record: facts,
  });
}

interface KeeperAnswer {
  /** One line of JSON. Empty if the keeper refused or failed. */
  answer: string;
  exitCode: number | null;
  errors: string;
}

/** Starts a keeper that outlives this process. Its order is sent by stdin, because all users can read arguments. */
function askKeeper(keeper: Keeper, instanceId: string, order: string): Promise<KeeperAnswer> {
  const child = spawn(keeper.python, ['-I', '-S', keeper.script, 'app', instanceId], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined); // the keeper refused before it read everything: its exit code is the reason
  child.stdin.end(order);
  return answerOf(child).finally(() => {
    child.unref();
  });
}

/** Returns the keeper's answer. The keeper closes its stdout after the answer, or when it ends. */
function answerOf(child: ChildProcess): Promise<KeeperAnswer> {
  return new Promise((resolve, reject) => {
    let answer = '';
    let errors = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
      if (answer.endsWith('\n')) resolve({ answer, exitCode: null, errors });
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.once('error', reject);
    child.once('close', (exitCode) => {
      resolve({ answer: '', exitCode, errors });
    });
  });
}

/** Returns undefined if the file doesn't exist, or if a power failure left it empty. */
async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await ifThere(readFile(path, 'utf8'));
  return text ? (JSON.parse(text) as T) : undefined;
}
