// API keys: a file of digests in the API's data folder, read again when it changes (contract §8).
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
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

/** Opens the ring; the first start makes one admin key, which stands in clear in `admin.key` (mode 0600) alone. */
export async function openKeyRing(at: Layout): Promise<KeyRing> {
  await makeFirstKey(at);
  let cached: { mtimeMs: number; keys: StoredKey[] } | undefined;
  let writing: Promise<unknown> = Promise.resolve();

  async function read(): Promise<StoredKey[]> {
    // At once: a few microseconds on the host's own disk, where a trip through the thread pool takes a hundred.
    const mtimeMs = statSync(at.keysFile, { throwIfNoEntry: false })?.mtimeMs;
    if (mtimeMs === undefined) return [];
    if (cached?.mtimeMs !== mtimeMs)
      cached = { mtimeMs, keys: z.array(storedKeySchema).parse(JSON.parse(await readFile(at.keysFile, 'utf8'))) };
    return cached.keys;
  }

  /** One change at a time: two at once would lose one. */
  async function change<T>(decide: (keys: StoredKey[]) => { keys: StoredKey[]; result: T }): Promise<T> {
    const done = writing.then(async () => {
      const { keys, result } = decide(await read());
      await replaceFile(at.keysFile, textOf(keys));
      cached = undefined;
      return result;
    });
    writing = done.catch(() => undefined); // its caller hears of the failure; the next change is not held up by it
    return done;
  }

  return {
    async check(key) {
      const digest = digestOf(key);
      const now = new Date().toISOString();
      const matching = (await read()).filter((known) => equal(known.digest, digest));
      const valid = matching.find(({ expires_at }) => expires_at === undefined || expires_at > now);
      return valid && { keyId: valid.id, role: valid.role, policy: valid.policy };
    },
    create(role, limits) {
      const key = newKey();
      const made = stored(`key_${randomBytes(6).toString('hex')}`, role, key, limits);
      return change((keys) => ({ keys: [...keys, made], result: { id: made.id, key, role } }));
    },
    async list() {
      return (await read()).map(({ digest, ...info }) => info);
    },
    revoke: (id) =>
      change((keys) => ({ keys: keys.filter((key) => key.id !== id), result: keys.some((key) => key.id === id) })),
  };
}

/** Only where there are no keys yet: a later start would give back a key that was revoked. */
async function makeFirstKey(at: Layout): Promise<void> {
  if ((await ifThere(stat(at.keysFile))) !== undefined) return;
  const adminKey = await madeOnce(at.adminKey, newKey);
  await replaceFile(at.keysFile, textOf([stored('key_admin', 'admin', adminKey)]));
}

const textOf = (keys: StoredKey[]): string => JSON.stringify(keys, null, 2);
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
