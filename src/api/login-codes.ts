// Codes that a browser exchanges once for a session. Each code is a file, so that any copy of the API can redeem it.
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readFile } from 'node:fs/promises';
import { ifThere, replaceFile } from '../files.js';

/** Long enough to copy a link from a terminal, and short enough to limit the use of a leaked link. */
const VALID_MS = 10 * 60_000;
/** The maximum number of codes, so that a loop can't fill the disk. The oldest codes are removed. */
const MOST_CODES = 100;

const storedSchema = z.object({ key_id: z.string(), expires_at: z.string() });

export interface LoginCodes {
  /** Creates a code for a session of this key. */
  create(keyId: string): Promise<{ code: string; expiresAt: string }>;
  /** Returns the key's id, or undefined if the code is unknown, expired or already redeemed. */
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

/**
 * Removes a file. Returns false if another call has already removed it, so that only one of two concurrent calls
 * redeems a code.
 */
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
