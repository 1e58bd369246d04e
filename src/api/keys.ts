// API keys: a folder of digests in the API's data folder, read again when it changes (contract §8).
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { madeOnce } from '../data-folder.js';
import { ifThere, replaceFile } from '../files.js';
import type { Layout } from '../contract/layout.js';
import { ROLES, type Role } from '../contract/states.js';

const storedKeySchema = z.object({
  id: z.string(),
  role: z.enum(ROLES),
  /** SHA-256: a key is 32 random bytes, which no dictionary holds. */
  digest: z.string(),
  created_at: z.string(),
  expires_at: z.string().optional(),
  /** Name of the policy that it is bound to. */
  policy: z.string().optional(),
});
type StoredKey = z.infer<typeof storedKeySchema>;

export type KeyInfo = Omit<StoredKey, 'digest'>;
export interface Caller {
  keyId: string;
  role: Role;
  policy?: string;
}

/** For how long, and for whom. */
export interface KeyLimits {
  expiresAt?: string;
  policy?: string;
}

export interface KeyRing {
  /** The caller behind a key, or undefined for a wrong, revoked or expired one. Takes the same time for any wrong one. */
  check(key: string): Promise<Caller | undefined>;
  create(role: Role, limits?: KeyLimits): Promise<{ id: string; key: string; role: Role }>;
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
      const matching = (await read()).filter((known) => equal(known.digest, digest));
      const valid = matching.find(({ expires_at }) => expires_at === undefined || expires_at > now);
      return valid && { keyId: valid.id, role: valid.role, policy: valid.policy };
    },
    async create(role, limits) {
      const key = newKey();
      const made = stored(`key_${randomBytes(6).toString('hex')}`, role, key, limits);
      await replaceFile(fileOf(at.keys, made.id), textOf(made));
      return { id: made.id, key, role };
    },
    async list() {
      return (await read()).map(({ digest, ...info }) => info);
    },
    async revoke(id) {
      if (!(await read()).some((key) => key.id === id)) return false;
      await rm(fileOf(at.keys, id), { force: true });
      return true;
    },
  };
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
const newKey = (): string => `slipway_${randomBytes(32).toString('base64url')}`;
const digestOf = (key: string): string => createHash('sha256').update(key).digest('hex');
const equal = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a), Buffer.from(b));

function stored(id: string, role: Role, key: string, { expiresAt, policy }: KeyLimits = {}): StoredKey {
  const created_at = new Date().toISOString();
  return {
    id,
    role,
    digest: digestOf(key),
    created_at,
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
    ...(policy !== undefined && { policy }),
  };
}
