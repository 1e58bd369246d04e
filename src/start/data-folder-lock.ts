// Claims a data folder: only one start runs in it at a time, and the next start ends the orphans of a killed one.
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import { z } from 'zod';
import { SlipwayError } from '../contract/errors.js';
import type { Layout } from '../contract/layout.js';
import { ifThere, replaceFile } from '../files.js';
import { identify, isAlive, type ProcessIdentity } from './identity.js';
import { printLine } from './terminal.js';

const identitySchema = z.object({ pid: z.int(), startTicks: z.string() });
const stateSchema = z.object({
  /**
   * The boot in which these processes run, because pids and ticks start again at each boot. Absent in files of earlier
   * versions.
   */
  bootId: z.string().optional(),
  start: identitySchema,
  parts: z.record(z.string(), identitySchema),
});
type StartState = z.infer<typeof stateSchema>;

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const ORPHAN_GRACE_MS = 5_000;
const LOOK_EVERY_MS = 50;

export interface DataFolderLock {
  /**
   * Stores the process of a part before anything relies on it, so that a later start can prove that the process is its
   * own.
   */
  note(part: string, process: ProcessIdentity): Promise<void>;
  release(): Promise<void>;
}

export interface DataFolderLockOptions {
  /** Prevents two starts from deciding at the same time. */
  exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** Called with the API that a killed start left behind, before any orphan is ended. */
  takeOver: (api: ProcessIdentity) => Promise<void>;
  /** Resolves when no other worker uses the data folder. Rejects if another worker doesn't end in time. */
  otherWorkerEnded: () => Promise<void>;
}

export async function lockDataFolder(
  at: Layout,
  { exclusively, takeOver, otherWorkerEnded }: DataFolderLockOptions,
): Promise<DataFolderLock> {
  const start = await identify(process.pid);
  if (!start) throw new SlipwayError('start_failed', { params: { reason: '/proc cannot be read' } });
  const bootId = (await ifThere(readFile(BOOT_ID, 'utf8')))?.trim();
  const state: StartState = { bootId, start, parts: {} };
  await exclusively(async () => {
    const last = await readState(at);
    const before = last?.bootId === undefined || last.bootId === bootId ? last : undefined;
    if (before && (await isAlive(before.start))) {
      const params = { pid: before.start.pid, folder: at.root };
      throw new SlipwayError('start_failed', { text: 'start_failed.twice', params });
    }
    await rm(at.readyFile, { force: true }); // first, because the processes in it are about to end
    const api = before?.parts['api'];
    if (api && (await isAlive(api))) await takeOver(api);
    if (before) await endOrphans(before);
    await otherWorkerEnded();
    await writeJson(at.startState, () => state);
  });
  return {
    async note(part, process) {
      state.parts[part] = process;
      await writeJson(at.startState, () => state);
    },
    async release() {
      await rm(at.readyFile, { force: true });
      await rm(at.startState, { force: true });
    },
  };
}

async function endOrphans({ parts }: StartState): Promise<void> {
  for (const name of ['api', 'worker', 'temporal']) {
    const orphan = parts[name];
    if (!orphan || !(await isAlive(orphan))) continue;
    printLine(`Ending the ${name} that a killed start left behind (process ${orphan.pid})`);
    send(orphan, 'SIGTERM');
    const deadline = Date.now() + ORPHAN_GRACE_MS;
    while ((await isAlive(orphan)) && Date.now() < deadline) await delay(LOOK_EVERY_MS);
    if (await isAlive(orphan)) send(orphan, 'SIGKILL');
    while (await isAlive(orphan)) await delay(LOOK_EVERY_MS);
  }
}

/** Sends a signal. A process that has just ended needs none. */
function send({ pid }: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function readState(at: Layout): Promise<StartState | undefined> {
  try {
    const text = await ifThere(readFile(at.startState, 'utf8'));
    return text === undefined ? undefined : stateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new SlipwayError('start_failed', { params: { reason: `${at.startState} cannot be read` }, cause: error });
  }
}

/** Writes run one after another, so that the latest value stays. */
const mutex = new Mutex();

/** Writes a file atomically: readers see the old text or the new text. `value` is called when its turn comes. */
export const writeJson = (path: string, value: () => unknown): Promise<void> =>
  mutex.runExclusive(() => replaceFile(path, `${JSON.stringify(value(), null, 2)}\n`));
