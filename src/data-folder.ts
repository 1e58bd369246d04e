// The data folder: closed to others, and with the few things in it that are made once and kept.
import { constants, type Stats } from 'node:fs';
import { access, chmod, link, lstat, mkdir, readdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { WRITTEN_BY_GROUP } from './activities/app-folders.js';
import type { Config } from './config.js';
import { SlipwayError } from './contract/errors.js';
import { layout, type Layout } from './contract/layout.js';
import { toServiceName } from './contract/names.js';
import { ifThere } from './files.js';
import { createSecrets, newCallbackSecret, newSecretKey, type Secrets } from './secrets.js';

const CLOSED = 0o700;
/** With a user of their own apps find their way to what is theirs, and see nothing else on it. */
const PASSED_THROUGH = 0o711;
const MODE = 0o777;
const GROUP = 0o070;
const OTHERS = 0o007;
const OTHERS_WRITE = 0o002;

export interface DataFolder {
  layout: Layout;
  hostId: string;
  secrets: Secrets;
  /** Signs callbacks. */
  callbackSecret: string;
  /** Where no setting says. */
  gitNetworks: GitNetworks;
}

/** `private`: an earlier version, whose git could reach every network, used this folder. */
type GitNetworks = 'private' | 'public';

/** Makes what is missing and reads the rest. Any number of processes may do so at the same time. */
export async function openDataFolder(config: Config): Promise<DataFolder> {
  const at = layout(config.dataDir);
  const passed = config.appUser === undefined ? CLOSED : PASSED_THROUGH;
  await mustBeOwn(config);
  const gitNetworks = await makeWritable(at, passed);
  const secretKey = config.secretKey ?? (await madeOnce(at.secretKey, newSecretKey));
  const callbackSecret = config.callbackSecret ?? (await madeOnce(at.callbackSecret, newCallbackSecret));
  const hostId = config.hostId ?? (await madeOnce(at.hostId, newHostId));
  return { layout: at, hostId, secrets: createSecrets(secretKey, config.secretKeysOld), callbackSecret, gitNetworks };
}

export interface Ownership {
  /** Who runs Slipway. */
  uid: number;
  /** Of the folder itself, links followed. */
  owner: number;
  /** Of the link, where the path is one. */
  linkOwner?: number;
  /** Whether SLIPWAY_DATA_DIR names it. */
  isNamed: boolean;
}

/**
 * Whoever owns the folder can put keys, programs and links into it, and so be Slipway. Root may use another user's only
 * where its operator names it: a folder of the host that is mounted into a container belongs to somebody there. A link
 * may be root's, who could do all of it anyway.
 */
export function isOwn({ uid, owner, linkOwner = uid, isNamed }: Ownership): boolean {
  if (uid === 0 && isNamed) return true;
  return owner === uid && (linkOwner === uid || linkOwner === 0);
}

async function mustBeOwn({ dataDir, isDataDirNamed: isNamed }: Config): Promise<void> {
  const uid = process.geteuid?.() ?? 0;
  const unreadable = (): undefined => undefined; // `makeWritable` says why, in words
  const link = await ifThere(lstat(dataDir)).catch(unreadable);
  const folder = link?.isSymbolicLink() ? await ifThere(stat(dataDir)).catch(unreadable) : link;
  if (!link || !folder) return; // it is made
  const linkOwner = link.isSymbolicLink() ? link.uid : undefined;
  if (isOwn({ uid, owner: folder.uid, linkOwner, isNamed })) return;
  const owner = linkOwner !== undefined && linkOwner !== uid && linkOwner !== 0 ? linkOwner : folder.uid;
  const params = { path: dataDir, owner, uid };
  throw new SlipwayError('start_failed', { text: 'start_failed.foreign_folder', params });
}

async function makeAll(folders: readonly string[], mode: number): Promise<void> {
  await Promise.all(
    folders.map(async (folder) => {
      await mkdir(folder, { recursive: true, mode });
      const stats = await stat(folder);
      if ((stats.mode & MODE) !== mode) await chmod(folder, mode); // one that is right may be a volume of somebody else's
    }),
  );
}

/**
 * What a folder that may be entered no longer closes for all in it. A service's own folders are opened to its group when
 * it starts; only data that containers of any user share stays open until then, as they may be using it.
 */
async function closeWithin(at: Layout, passed: number): Promise<void> {
  if (passed === CLOSED) return closeAll(await entriesOf(at.homes), ({ mode }) => (mode & MODE) === WRITTEN_BY_GROUP);
  const isOpen = ({ mode }: Stats): boolean => (mode & OTHERS) !== 0;
  const services = await Promise.all([at.releases, at.homes, at.temporary].map(entriesOf));
  await closeAll(services.flat(), (stats) => stats.isDirectory() && isOpen(stats));
  await closeAll(await entriesOf(at.data), (stats) => isOpen(stats) && (stats.mode & OTHERS_WRITE) === 0);
  const known = [at.releases, at.environments, at.homes, at.data, at.temporary];
  const beside = (await entriesOf(at.root)).filter((path) => !known.includes(path));
  await closeAll(beside, (stats) => isOpen(stats) || (stats.mode & GROUP) !== 0);
}

async function entriesOf(folder: string): Promise<string[]> {
  return (await readdir(folder)).map((name) => join(folder, name));
}

/** What has gone meanwhile needs no closing. */
async function closeAll(paths: readonly string[], wanted: (stats: Stats) => boolean): Promise<void> {
  for (const path of paths) {
    const stats = await ifThere(lstat(path));
    if (stats && !stats.isSymbolicLink() && wanted(stats))
      await ifThere(chmod(path, stats.isDirectory() ? CLOSED : 0o600));
  }
}

async function makeWritable(at: Layout, passed: number): Promise<GitNetworks> {
  const { root, releases, environments, instances, uploads, logs, homes, data, locks, temporary } = at;
  try {
    await makeFolder(root, passed);
    await makeAll([root], passed);
    await access(root, constants.W_OK | constants.X_OK);
    // Before the folders, by which a folder of an earlier version is told: another process may look at the same time.
    const isOld = (await ifThere(stat(instances))) !== undefined;
    const gitNetworks = await madeOnce(at.gitNetworks, () => (isOld ? 'private' : 'public'));
    await makeAll([instances, uploads, logs, locks], CLOSED);
    await makeAll([releases, environments, homes, data, temporary], passed);
    await closeWithin(at, passed);
    return gitNetworks === 'private' ? 'private' : 'public';
  } catch (cause) {
    const reason = `the data folder ${root} is not writable (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new SlipwayError('start_failed', { text: 'start_failed.folder', params: { reason }, cause });
  }
}

/** Parent by parent: where a folder can't be made (/proc), Node's own recursive way tries for ever. */
async function makeFolder(path: string, mode: number): Promise<void> {
  const { code } = await mkdir(path, { mode }).then(
    () => ({ code: undefined }),
    (error: unknown) => error as NodeJS.ErrnoException,
  );
  if (code === undefined || code === 'EEXIST') return;
  if (code === 'ENOENT' && dirname(path) !== path) await makeFolder(dirname(path), mode);
  await mkdir(path, { mode });
}

/** The first writer wins; a file is never seen half written. */
export async function madeOnce(path: string, make: () => string): Promise<string> {
  const known = await readOnce(path);
  if (known !== undefined) return known;
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(temporary, `${make()}\n`, { mode: 0o600, flush: true });
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(temporary);
  }
  const made = await readOnce(path);
  if (made === undefined) throw new SlipwayError('internal', { params: { reason: `${path} went away` } });
  return made;
}

async function readOnce(path: string): Promise<string | undefined> {
  return (await ifThere(readFile(path, 'utf8')))?.trim();
}

const newHostId = (): string => `${toServiceName(hostname()) || 'host'}-${randomBytes(3).toString('hex')}`;
