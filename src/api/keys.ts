// API keys, stored as digests in a folder of the API's data folder. The folder is read again when it changes.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { madeOnce } from '../data-folder.js';
import { ifThere, replaceFile } from '../files.js';
import type { KeyBudget } from '../contract/keys.js';
import type { Layout } from '../contract/layout.js';
import { GRANTABLE, type Grantable } from '../contract/permissions.js';
import { ROLES, type Role } from '../contract/states.js';
import { removeKeyStarts } from './key-starts.js';
import { openKeyUses } from './key-uses.js';

const storedKeySchema = z.object({
  id: z.string(),
  role: z.enum(ROLES),
  /** A SHA-256 digest is enough, because keys are 32 random bytes and can't be guessed. */
  digest: z.string(),
  created_at: z.string(),
  expires_at: z.string().optional(),
  /** The name of the policy that restricts the key. */
  policy: z.string().optional(),
  name: z.string().optional(),
  /** Absent: all actions of the role. Scopes of later versions that are unknown here grant nothing. */
  scopes: z.array(z.string()).optional(),
  /** Absent: all services. */
  services: z.array(z.string()).optional(),
  /** The key that a browser session was created with. The session ends when this key ends. */
  parent: z.string().optional(),
  /** Absent: limited only by the slots and the queue. */
  budget: z.object({ deployments_per_hour: z.number().optional(), in_flight: z.number().optional() }).optional(),
});
type StoredKey = z.infer<typeof storedKeySchema>;

export type KeyInfo = Omit<StoredKey, 'digest'> & {
  /** Precise to the minute. Absent if the key was never used. */
  last_used_at?: string;
};
export interface Caller {
  keyId: string;
  /** The display name of the key. */
  name?: string;
  role: Role;
  policy?: string;
  scopes?: readonly Grantable[];
  services?: readonly string[];
  budget?: KeyBudget;
  /** Keys that this caller creates can't last longer. */
  endsAt?: string;
}

/** The optional restrictions of a new key. */
export interface KeyLimits {
  expiresAt?: string;
  policy?: string;
  name?: string;
  scopes?: readonly Grantable[];
  services?: readonly string[];
  budget?: KeyBudget;
}

export interface KeyRing {
  /**
   * Returns the caller for a key, or undefined for a wrong, revoked or expired key. Takes the same time for every wrong
   * key.
   */
  check(key: string): Promise<Caller | undefined>;
  create(role: Role, limits?: KeyLimits): Promise<{ id: string; key: string; role: Role }>;
  /**
   * Creates a session, which ends with its parent key or at the given time. Returns undefined if the parent doesn't
   * exist, isn't valid, or isn't an admin's own key.
   */
  createSession(parent: string, expiresAt: Date): Promise<{ id: string; key: string; expiresAt: string } | undefined>;
  list(): Promise<KeyInfo[]>;
  /** Returns false if there is no such key. */
  revoke(id: string): Promise<boolean>;
}

/** The resolution of file system times. A folder that has just changed may change again without a new time. */
const TICK_MS = 50;

/**
 * Opens the keys. The first start creates one admin key, which is stored unencrypted only in `admin.key` (mode 0600).
 * Each key has its own file, so that several copies of the API can change keys at the same time without conflicts.
 */
export async function openKeyRing(at: Layout): Promise<KeyRing> {
  await makeFolder(at);
  const uses = openKeyUses(at.keyUses);
  let cached: { version: number; keys: StoredKey[] } | undefined;

  async function read(): Promise<StoredKey[]> {
    // Synchronous: this takes a few microseconds on a local disk, but a hundred through the thread pool.
    const version = statSync(at.keys).mtimeMs;
    const isFresh = Math.abs(Date.now() - version) < TICK_MS;
    if (isFresh || cached?.version !== version) cached = { version, keys: await readKeys(at.keys) };
    return cached.keys;
  }

  return {
    async check(key) {
      const digest = digestOf(key);
      const now = new Date().toISOString();
      const all = await read();
      const matching = all.filter((storedKey) => equal(storedKey.digest, digest));
      const valid = matching.find((storedKey) => isValid(storedKey, all, now));
      if (!valid) return undefined;
      uses.note(valid.id);
      return callerOf(valid, endOf(valid, all));
    },
    async create(role, limits) {
      const key = newKey();
      const made = stored(newId(), role, key, limits);
      await replaceFile(fileOf(at.keys, made.id), textOf(made));
      return { id: made.id, key, role };
    },
    async createSession(parent, expiresAt) {
      const all = await read();
      const now = new Date().toISOString();
      await Promise.all(
        all.filter((storedKey) => storedKey.parent !== undefined && !isValid(storedKey, all, now)).map(remove),
      );
      const owner = all.find(({ id }) => id === parent);
      const isAdmins = owner?.role === 'admin' && owner.policy === undefined && owner.parent === undefined;
      if (!owner || !isAdmins || !isValid(owner, all, now)) return undefined;
      const key = newKey();
      const limits = { name: `session of ${owner.name ?? owner.id}`.slice(0, 100), expiresAt: expiresAt.toISOString() };
      const made = { ...stored(newId(), 'admin', key, limits), parent };
      await replaceFile(fileOf(at.keys, made.id), textOf(made));
      return { id: made.id, key, expiresAt: limits.expiresAt };
    },
    async list() {
      const keys = await read();
      return Promise.all(keys.map(async ({ digest, ...info }) => ({ ...info, ...(await uses.latest(info.id)) })));
    },
    async revoke(id) {
      if (!(await read()).some((key) => key.id === id)) return false;
      await remove({ id });
      return true;
    },
  };

  async function remove({ id }: Pick<StoredKey, 'id'>): Promise<void> {
    await rm(fileOf(at.keys, id), { force: true });
    await uses.forget(id);
    await removeKeyStarts(at.keyStarts, id);
  }
}

/**
 * Creates the folder of keys only if it doesn't exist: otherwise a later start would restore a revoked key. The folder
 * is created under a temporary name, so that it is complete when it appears. Earlier versions stored all keys in one
 * file.
 */
async function makeFolder(at: Layout): Promise<void> {
  if ((await ifThere(stat(at.keys))) !== undefined) return;
  const before = await ifThere(readFile(at.keysFile, 'utf8'));
  const keys =
    before === undefined
      ? [stored('key_admin', 'admin', await madeOnce(at.adminKey, newKey))]
      : z.array(storedKeySchema).parse(JSON.parse(before));
  const folder = `${at.keys}.${randomBytes(6).toString('hex')}`;
  await mkdir(folder, { mode: 0o700 });
  for (const key of keys) await replaceFile(fileOf(folder, key.id), textOf(key));
  try {
    await rename(folder, at.keys);
  } catch (error) {
    await rm(folder, { recursive: true });
    if ((await ifThere(stat(at.keys))) === undefined) throw error; // another copy has already created it
  }
}

/** Returns all keys, oldest first. Keys that are revoked during the read are left out. */
async function readKeys(folder: string): Promise<StoredKey[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(names.map((name) => ifThere(readFile(join(folder, name), 'utf8'))));
  const keys = texts.flatMap((text) => (text === undefined ? [] : [storedKeySchema.parse(JSON.parse(text))]));
  return keys.sort((a, b) => a.created_at.localeCompare(b.created_at));
}

const fileOf = (folder: string, id: string): string => join(folder, `${id}.json`);
const textOf = (key: StoredKey): string => JSON.stringify(key, null, 2);
const newId = (): string => `key_${randomBytes(6).toString('hex')}`;
const newKey = (): string => `slipway_${randomBytes(32).toString('base64url')}`;
const digestOf = (key: string): string => createHash('sha256').update(key).digest('hex');
const equal = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a), Buffer.from(b));

function isValid({ expires_at: expiresAt, parent }: StoredKey, all: readonly StoredKey[], now: string): boolean {
  if (expiresAt !== undefined && expiresAt <= now) return false;
  if (parent === undefined) return true;
  const owner = all.find(({ id }) => id === parent);
  return owner !== undefined && isValid(owner, all, now);
}

/** Returns the time at which a key ends permanently. For a session, returns the end of its parent key. */
function endOf({ expires_at: expiresAt, parent }: StoredKey, all: readonly StoredKey[]): string | undefined {
  return parent === undefined ? expiresAt : all.find(({ id }) => id === parent)?.expires_at;
}

function callerOf({ id, name, role, policy, scopes, services, budget }: StoredKey, endsAt: string | undefined): Caller {
  return {
    keyId: id,
    ...(name !== undefined && { name }),
    role,
    policy,
    ...(scopes && {
      scopes: scopes.filter((scope): scope is Grantable => GRANTABLE.some((grantable) => grantable === scope)),
    }),
    ...(services && { services }),
    ...(budget && { budget }),
    ...(endsAt !== undefined && { endsAt }),
  };
}

function stored(id: string, role: Role, key: string, limits: KeyLimits = {}): StoredKey {
  const { expiresAt, policy, name, scopes, services, budget } = limits;
  return {
    id,
    role,
    digest: digestOf(key),
    created_at: new Date().toISOString(),
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
    ...(policy !== undefined && { policy }),
    ...(name !== undefined && { name }),
    ...(scopes && { scopes: [...scopes] }),
    ...(services && { services: [...services] }),
    ...(budget && { budget }),
  };
}
