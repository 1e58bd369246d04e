// The data folder: made with mode 0700, and with the few things in it that are made once and kept.
import { constants } from 'node:fs';
import { access, chmod, link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { Config } from './config.js';
import { SlipwayError } from './contract/errors.js';
import { layout, type Layout } from './contract/layout.js';
import { toServiceName } from './contract/names.js';
import { ifThere } from './files.js';
import { createSecrets, newCallbackSecret, newSecretKey, type Secrets } from './secrets.js';

export interface DataFolder {
  layout: Layout;
  hostId: string;
  secrets: Secrets;
  /** Signs callbacks. */
  callbackSecret: string;
}

/** Makes what is missing and reads the rest. Any number of processes may do so at the same time. */
export async function openDataFolder(config: Config): Promise<DataFolder> {
  const at = layout(config.dataDir);
  await makeWritable(at.root);
  const { releases, environments, instances, uploads, logs, homes, data, locks, temporary } = at;
  const folders = [releases, environments, instances, uploads, logs, homes, data, locks, temporary];
  await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true, mode: 0o700 })));
  const secretKey = config.secretKey ?? (await madeOnce(at.secretKey, newSecretKey));
  const callbackSecret = config.callbackSecret ?? (await madeOnce(at.callbackSecret, newCallbackSecret));
  const hostId = config.hostId ?? (await madeOnce(at.hostId, newHostId));
  return { layout: at, hostId, secrets: createSecrets(secretKey, config.secretKeysOld), callbackSecret };
}

async function makeWritable(root: string): Promise<void> {
  try {
    await makeFolder(root);
    await chmod(root, 0o700);
    await access(root, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const reason = `the data folder ${root} is not writable (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new SlipwayError('start_failed', { text: 'start_failed.folder', params: { reason }, cause });
  }
}

/** Parent by parent: where a folder can't be made (/proc), Node's own recursive way tries for ever. */
async function makeFolder(path: string): Promise<void> {
  const { code } = await mkdir(path, { mode: 0o700 }).then(
    () => ({ code: undefined }),
    (error: unknown) => error as NodeJS.ErrnoException,
  );
  if (code === undefined || code === 'EEXIST') return;
  if (code === 'ENOENT' && dirname(path) !== path) await makeFolder(dirname(path));
  await mkdir(path, { mode: 0o700 });
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
