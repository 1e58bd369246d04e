// Limits the uploads of a key, and keeps space on the disk free for everything else.
import type { Upload } from './uploads.js';
import { readdir, readFile, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Mutex } from 'async-mutex';
import { SlipwayError } from '../contract/errors.js';
import { uploadRecord, type Layout } from '../contract/layout.js';
import { ifThere } from '../files.js';
import { Refusal } from './errors.js';

const MIB = 1024 ** 2;
/** The free space that the worker also requires before it installs anything. */
const RESERVE_BYTES = 200 * MIB;
/** The maximum number of parallel uploads. Each uses a connection, a file and a buffer of 64 KiB. */
const AT_ONCE_PER_KEY = 8;
const AT_ONCE = 64;
/** The time for a large upload on a good connection. */
const RETRY_AFTER_SECONDS = 10;

export interface UploadLimits {
  /** The limits of one key: the number of stored uploads, and their total bytes. */
  countPerKey: number;
  bytesPerKey: number;
}

/** Throws `disk_full` unless enough space stays free after this many more bytes. */
export async function assertRoom(path: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(path).catch(() => statfs(dirname(path))); // the file doesn't exist yet
  const left = bavail * bsize - bytes;
  if (left >= RESERVE_BYTES) return;
  const params = { free: Math.max(0, Math.floor(left / MIB)), needed: RESERVE_BYTES / MIB };
  throw new SlipwayError('disk_full', { text: 'disk_full.reserve', params });
}

export interface UnderWay {
  /** The bytes that count for the key: received so far, or announced. */
  bytes: number;
  readonly ofKey: UploadsOfKey;
  /** Can be called more than once. */
  end(): void;
}

/** The uploads of one key, kept while at least one is running. */
interface UploadsOfKey {
  /** The running uploads, in the order of their arrival. */
  all: Set<UnderWay>;
  /** The stored uploads: as last read, plus uploads stored since then. */
  stored: Stored;
  /** Locked while a task reads the stored uploads and acts on them. */
  mutex: Mutex;
}

export function createUploadsUnderWay() {
  const byKey = new Map<string, UploadsOfKey>();
  let count = 0;

  /** Registers an upload, which counts immediately. Throws `rate_limited` if there are too many. */
  function begin(keyId: string): UnderWay {
    const ofKey = byKey.get(keyId) ?? uploadsOfKey();
    const { all } = ofKey;
    if (count >= AT_ONCE || all.size >= AT_ONCE_PER_KEY) throw tooManyAtOnce();
    const mine: UnderWay = {
      bytes: 0,
      ofKey,
      end() {
        if (!all.delete(mine)) return;
        count -= 1;
        if (all.size === 0) byKey.delete(keyId);
      },
    };
    count += 1;
    all.add(mine);
    byKey.set(keyId, ofKey);
    return mine;
  }
  return { begin };
}

function uploadsOfKey(): UploadsOfKey {
  return { all: new Set(), stored: { count: 0, bytes: 0 }, mutex: new Mutex() };
}

interface Stored {
  count: number;
  bytes: number;
  /** The epoch ms at which the first upload is removed. */
  firstEnds?: number;
}

/** Returns the stored uploads of a key. Uploads of older versions belong to no key. */
export async function storedBy(at: Layout, keyId: string): Promise<Stored> {
  const stored: Stored = { count: 0, bytes: 0 };
  for (const name of await readdir(at.uploads)) {
    const [, uploadId] = /^(up_[0-9a-f]+)\.json$/.exec(name) ?? [];
    const text = uploadId === undefined ? undefined : await ifThere(readFile(uploadRecord(at, uploadId), 'utf8'));
    if (text === undefined) continue;
    const record = JSON.parse(text) as Pick<Upload, 'owner' | 'bytes' | 'expires_at'>; // written by uploads.ts
    if (record.owner?.key_id !== keyId) continue;
    stored.count += 1;
    stored.bytes += record.bytes;
    stored.firstEnds = Math.min(stored.firstEnds ?? Infinity, Date.parse(record.expires_at));
  }
  return stored;
}

/**
 * Throws `rate_limited` if the upload's key exceeds its number of uploads or bytes, including running uploads. If
 * several uploads run in parallel, the later uploads are rejected. A rejected upload doesn't use up bytes.
 */
export function mustHaveRoom(mine: UnderWay, bytes: number, limits: UploadLimits): void {
  const { all, stored } = mine.ofKey;
  const under = [...all];
  const others = under.filter((other) => other !== mine);
  const takenBytes = others.reduce((sum, other) => sum + other.bytes, stored.bytes);
  const isOneTooMany = stored.count + under.indexOf(mine) + 1 > limits.countPerKey;
  mine.bytes = bytes;
  if (!isOneTooMany && takenBytes + bytes <= limits.bytesPerKey) return;
  mine.bytes = 0;
  throw overQuota(limits, isOneTooMany ? stored : {});
}

function overQuota({ countPerKey, bytesPerKey }: UploadLimits, { firstEnds }: Partial<Stored>): Refusal {
  const waitMs = (firstEnds ?? Date.now()) - Date.now();
  const seconds = Math.max(RETRY_AFTER_SECONDS, Math.ceil(waitMs / 1000));
  const params = { count: countPerKey, size: Math.floor(bytesPerKey / MIB) };
  return new Refusal('rate_limited', { text: 'rate_limited.uploads', params }, { 'Retry-After': String(seconds) });
}

const tooManyAtOnce = (): Refusal =>
  new Refusal(
    'rate_limited',
    { text: 'rate_limited.uploads_at_once', params: { limit: AT_ONCE_PER_KEY } },
    { 'Retry-After': String(RETRY_AFTER_SECONDS) },
  );
