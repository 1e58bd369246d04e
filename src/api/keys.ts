// API keys: a folder of digests in the API's data folder, read again when it changes.
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
  /** SHA-256: a key is 32 random bytes, which no dictionary holds. */
  digest: z.string(),
  created_at: z.string(),
  expires_at: z.string().optional(),
  /** Name of the policy that it is bound to. */
  policy: z.string().optional(),
  name: z.string().optional(),
  /** Absent: all actions of its role. One that a later version knows grants nothing here. */
  scopes: z.array(z.string()).optional(),
  /** Absent: all services. */
  services: z.array(z.string()).optional(),
  /** Of a browser's session: the key that it was made by, and ends with. */
  parent: z.string().optional(),
  /** Absent: as many deployments as there are slots and places in the queue. */
  budget: z.object({ deployments_per_hour: z.number().optional(), in_flight: z.number().optional() }).optional(),
});
type StoredKey = z.infer<typeof storedKeySchema>;

export type KeyInfo = Omit<StoredKey, 'digest'> & {
  /** To the minute; absent while it was never used. */
  last_used_at?: string;
};
export interface Caller {
  keyId: string;
  /** What people call the key. */
  name?: string;
  role: Role;
  policy?: string;
  scopes?: readonly Grantable[];
  services?: readonly string[];
  budget?: KeyBudget;
  /** No key that it makes lasts longer. */
  endsAt?: string;
}

/** For how long, for whom, and for what. */
export interface KeyLimits {
  expiresAt?: string;
  policy?: string;
  name?: string;
  scopes?: readonly Grantable[];
  services?: readonly string[];
  budget?: KeyBudget;
}

export interface KeyRing {
  /** The caller behind a key, or undefined for a wrong, revoked or expired one. Takes the same time for any wrong one. */
  check(key: string): Promise<Caller | undefined>;
  create(role: Role, limits?: KeyLimits): Promise<{ id: string; key: string; role: Role }>;
  /** A key that ends with another one, or at that time. Undefined when there is no such key, or it is no admin's own. */
  createSession(parent: string, expiresAt: Date): Promise<{ id: string; key: string; expiresAt: string } | undefined>;
  list(): Promise<KeyInfo[]>;
  /** False when there is no such key. */
  revoke(id: string): Promise<boolean>;
}

/** File systems tell time in steps: what changed just now may have changed twice. */
const TICK_MS = 50;

/**
 * Opens the ring; the first start makes one admin key, which stands in clear in `admin.key` (mode 0600) alone. A key is a
 * file of its own: however many copies of the API change keys at once, none is lost and none comes back.
 */
export async function openKeyRing(at: Layout): Promise<KeyRing> {
  await makeFolder(at);
  const uses = openKeyUses(at.keyUses);
  let cached: { version: number; keys: StoredKey[] } | undefined;

  async function read(): Promise<StoredKey[]> {
    // At once: a few microseconds on the host's own disk, where a trip through the thread pool takes a hundred.
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
      const matching = all.filter((known) => equal(known.digest, digest));
      const valid = matching.find((known) => isValid(known, all, now));
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
      await Promise.all(all.filter((known) => known.parent !== undefined && !isValid(known, all, now)).map(remove));
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
 * Only where there is none yet: a later start would give back a key that was revoked. Under a temporary name first, so
 * that one that is there is whole. Earlier versions kept all keys in one file.
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
    if ((await ifThere(stat(at.keys))) === undefined) throw error; // another copy was quicker
  }
}

/** Oldest first. One that is revoked meanwhile is none. */
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

/** When a key ends for good: of a session, when the key ends that it was made by. */
function endOf({ expires_at: expiresAt, parent }: StoredKey, all: readonly StoredKey[]): string | undefined {
  return parent === undefined ? expiresAt : all.find(({ id }) => id === parent)?.expires_at;
}

function callerOf({ id, name, role, policy, scopes, services, budget }: StoredKey, endsAt: string | undefined): Caller {
  return {
    keyId: id,
    ...(name !== undefined && { name }),
    role,
    policy,
    ...(scopes && { scopes: scopes.filter((scope): scope is Grantable => GRANTABLE.some((one) => one === scope)) }),
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
