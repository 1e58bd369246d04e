// Detects another Slipway with this host's id. Each would run the other's steps, and stop the other's apps.
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { SlipwayError } from '../contract/errors.js';
import { ifThere } from '../files.js';

export interface Beater {
  /** The identity of the worker that beat last. */
  identity: string;
  /** The time of the beat, by Temporal's clock. */
  atMs: number;
}

export interface TwinOptions {
  hostId: string;
  /** The identity of this worker, from `workerIdentity`. */
  identity: string;
  /** Returns undefined if the host has never beaten, or if no worker beats for it now. */
  readBeater: (hostId: string) => Promise<Beater | undefined>;
  watchMs?: number;
}

/** The time of three beats. */
const WATCH_MS = 6_000;
const LOOK_AGAIN_MS = 500;
const MACHINE_ID = '/etc/machine-id';
const DIGEST_LETTERS = 12;
const MARK = / in (?<folder>[0-9a-f]{12})$/;

/**
 * Returns a worker's name for Temporal, with a digest of its data folder. A copy of the folder has another digest, but
 * a cloned disk has the same.
 */
export async function workerIdentity(dataFolder: string): Promise<string> {
  const { ino, birthtimeMs } = await stat(dataFolder);
  const machine = (await ifThere(readFile(MACHINE_ID, 'utf8'))) ?? '';
  const digest = createHash('sha256').update(`${machine} ${ino} ${birthtimeMs}`).digest('hex');
  return `${process.pid}@${hostname()} in ${digest.slice(0, DIGEST_LETTERS)}`;
}

/**
 * Throws if a worker in another data folder beats for this host. A worker that sends no further beat has ended. Workers
 * of earlier versions have no folder in their identity.
 */
export async function mustBeOnlyHost({ hostId, identity, readBeater, watchMs = WATCH_MS }: TwinOptions): Promise<void> {
  const own = folderOf(identity);
  const isTwin = (beater: Beater | undefined): beater is Beater =>
    beater !== undefined && ![own, undefined].includes(folderOf(beater.identity));
  const before = await readBeater(hostId);
  if (!isTwin(before)) return;
  for (let waitedMs = 0; waitedMs < watchMs; waitedMs += LOOK_AGAIN_MS) {
    await delay(LOOK_AGAIN_MS);
    const now = await readBeater(hostId);
    if (isTwin(now) && now.atMs !== before.atMs)
      throw new SlipwayError('start_failed', {
        text: 'start_failed.twin_host',
        params: { host: hostId, worker: now.identity },
      });
  }
}

const folderOf = (identity: string): string | undefined => MARK.exec(identity)?.groups?.['folder'];
