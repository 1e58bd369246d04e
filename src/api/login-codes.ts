// Codes that a browser trades for a session, once. Each is a file, so that any copy of the API may redeem it.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readFile } from 'node:fs/promises';
import { ifThere, replaceFile } from '../files.js';

/** Enough to copy a link from a terminal, little for who finds it later. */
const VALID_MS = 10 * 60_000;
/** A loop that makes them fills no disk: the oldest go. */
const MOST_CODES = 100;

const storedSchema = z.object({ key_id: z.string(), expires_at: z.string() });

export interface LoginCodes {
  /** For a session of this key. */
  create(keyId: string): Promise<{ code: string; expiresAt: string }>;
  /** The key's id; undefined for a code that is unknown, expired or was redeemed. */
  redeem(code: string): Promise<string | undefined>;
}

export function openLoginCodes(folder: string, now = Date.now): LoginCodes {
  const pathOf = (code: string): string => join(folder, createHash('sha256').update(code).digest('hex'));
  return {
    async create(keyId) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await removeOldest(folder, MOST_CODES - 1);
      const code = randomBytes(24).toString('base64url');
      const expiresAt = new Date(now() + VALID_MS).toISOString();
      await replaceFile(pathOf(code), JSON.stringify({ key_id: keyId, expires_at: expiresAt }));
      return { code, expiresAt };
    },
    async redeem(code) {
      const path = pathOf(code);
      const text = await ifThere(readFile(path, 'utf8'));
      if (text === undefined || !(await removed(path))) return undefined;
      const { key_id: keyId, expires_at: expiresAt } = storedSchema.parse(JSON.parse(text));
      return Date.parse(expiresAt) > now() ? keyId : undefined;
    },
  };
}

/** False when another call removed it: of two that redeem one code at once, one wins. */
const removed = async (path: string): Promise<boolean> => (await ifThere(unlink(path).then(() => true))) ?? false;

async function removeOldest(folder: string, most: number): Promise<void> {
  const paths = (await readdir(folder)).map((name) => join(folder, name));
  if (paths.length <= most) return;
  const aged = await Promise.all(
    paths.map(async (path) => ({ path, madeAt: (await ifThere(stat(path)))?.mtimeMs ?? 0 })),
  );
  aged.sort((a, b) => a.madeAt - b.madeAt);
  await Promise.all(aged.slice(0, aged.length - most).map(({ path }) => rm(path, { force: true })));
}
