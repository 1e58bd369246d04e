// The data folder: restricts access to it, and creates the files that are created only once.
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
/** If apps have their own user, they can reach their own folders but can't list the data folder. */
const PASSED_THROUGH = 0o711;
const MODE = 0o777;
const GROUP = 0o070;
const OTHERS = 0o007;
const OTHERS_WRITE = 0o002;

export interface DataFolder {
  layout: Layout;
  hostId: string;
  secrets: Secrets;
  /** The secret that signs callbacks. */
  callbackSecret: string;
  /** Applies if no setting is set. */
  gitNetworks: GitNetworks;
}

/** `private`: the folder was used by an earlier version, in which git could access every network. */
type GitNetworks = 'private' | 'public';

/** Opens the data folder, and creates missing parts. Several processes can do so at the same time. */
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
  /** The user that runs Slipway. */
  uid: number;
  /** The owner of the folder itself, after following links. */
  owner: number;
  /** The owner of the link, if the path is a link. */
  linkOwner?: number;
  /** True if SLIPWAY_DATA_DIR names the folder. */
  isNamed: boolean;
}

/**
 * Returns true if the folder's owner is trusted. The owner can put keys, programs and links into the folder, and so
 * control Slipway. Root may use another user's folder only if SLIPWAY_DATA_DIR names it: a folder mounted into a
 * container may belong to another user there. A link may belong to root, which has full access anyway.
 */
export function isOwn({ uid, owner, linkOwner = uid, isNamed }: Ownership): boolean {
  if (uid === 0 && isNamed) return true;
  return owner === uid && (linkOwner === uid || linkOwner === 0);
}

async function mustBeOwn({ dataDir, isDataDirNamed: isNamed }: Config): Promise<void> {
  const uid = process.geteuid?.() ?? 0;
  const unreadable = (): undefined => undefined; // `makeWritable` reports the reason
  const link = await ifThere(lstat(dataDir)).catch(unreadable);
  const folder = link?.isSymbolicLink() ? await ifThere(stat(dataDir)).catch(unreadable) : link;
  if (!link || !folder) return; // the folder doesn't exist yet
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
      // A folder with the right mode may be a volume of another owner.
      if ((stats.mode & MODE) !== mode) await chmod(folder, mode);
    }),
  );
}

/**
 * Sets the modes of entries that the data folder's own mode doesn't protect, because others may pass through it. A
 * service's own folders are opened for its group when it starts. Data that all containers can write stays open until
 * then, because a container may be using it.
 */
async function closeWithin(at: Layout, passed: number): Promise<void> {
  if (passed === CLOSED) return closeAll(await entriesOf(at.homes), ({ mode }) => (mode & MODE) === WRITTEN_BY_GROUP);
  const isOpen = ({ mode }: Stats): boolean => (mode & OTHERS) !== 0;
  const services = await Promise.all([at.releases, at.homes, at.temporary].map(entriesOf));
  await closeAll(services.flat(), (stats) => stats.isDirectory() && isOpen(stats));
  await closeAll(await entriesOf(at.data), (stats) => isOpen(stats) && (stats.mode & OTHERS_WRITE) === 0);
  const handled = [at.releases, at.environments, at.homes, at.data, at.temporary];
  const beside = (await entriesOf(at.root)).filter((path) => !handled.includes(path));
  await closeAll(beside, (stats) => isOpen(stats) || (stats.mode & GROUP) !== 0);
}

async function entriesOf(folder: string): Promise<string[]> {
  return (await readdir(folder)).map((name) => join(folder, name));
}

/** Sets the modes. A file that was removed in the meantime is skipped. */
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
    // Checked before the folders are created, because they mark a folder of an earlier version. Another process may
    // check at the same time.
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

/** Creates the parents one by one. Node's recursive `mkdir` never returns if a folder can't be created (/proc). */
async function makeFolder(path: string, mode: number): Promise<void> {
  const { code } = await mkdir(path, { mode }).then(
    () => ({ code: undefined }),
    (error: unknown) => error as NodeJS.ErrnoException,
  );
  if (code === undefined || code === 'EEXIST') return;
  if (code === 'ENOENT' && dirname(path) !== path) await makeFolder(dirname(path), mode);
  await mkdir(path, { mode });
}

/** Creates a file once, and returns its text. The first writer wins, and readers never see a partial file. */
export async function madeOnce(path: string, make: () => string): Promise<string> {
  const existing = await readOnce(path);
  if (existing !== undefined) return existing;
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
