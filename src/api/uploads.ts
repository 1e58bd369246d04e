// Stores uploaded archives: streams them to disk, hashes them, and keeps them for a day. The worker checks the content
// before it unpacks an archive.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { uploadFile, uploadRecord, type Layout } from '../contract/layout.js';
import { SlipwayError } from '../contract/errors.js';
import { ifThere } from '../files.js';
import type { DeploymentStatus } from '../contract/states.js';
import { bodyOf } from './body.js';
import { createDeployedUploads } from './deployed-uploads.js';
import {
  assertRoom,
  createUploadsUnderWay,
  mustHaveRoom,
  storedBy,
  type UnderWay,
  type UploadLimits,
} from './upload-limits.js';

const LARGEST_UPLOAD = 256 * 1024 * 1024;
const KEPT_MS = 24 * 60 * 60 * 1000;
/** The bytes between two checks of the free space, a fraction of the reserve. */
const LOOK_AGAIN_BYTES = 8 * 1024 * 1024;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

/** Absent for uploads of earlier versions. */
const owner = z.object({ key_id: z.string(), guild_id: z.string().optional() }).optional();
const uploadSchema = z.object({
  upload_id: z.string(),
  sha256: z.string(),
  bytes: z.number(),
  expires_at: z.string(),
  owner,
});
export type Upload = z.infer<typeof uploadSchema>;

export interface UploadDeps {
  at: Layout;
  limits: UploadLimits;
  /** Returns the status of a deployment, or undefined if it doesn't exist. Throws while Temporal is unavailable. */
  statusOf: (deploymentId: string) => Promise<DeploymentStatus | undefined>;
}

export interface UploadCall {
  by: NonNullable<Upload['owner']>;
  /** The size in the client's `Content-Length`, or 0 if unknown. */
  announcedBytes: number;
}

export function createUploads({ at, limits, statusOf }: UploadDeps) {
  const underWay = createUploadsUnderWay();
  const cleaner = createDeployedUploads(at, statusOf);
  return { store };

  /** Stores an upload. A rejected upload leaves no files. */
  async function store(body: Readable, { by, announcedBytes }: UploadCall): Promise<Upload> {
    if (announcedBytes > LARGEST_UPLOAD) throw tooLarge();
    const mine = underWay.begin(by.key_id); // before any wait, so that many parallel uploads are all counted
    try {
      await mkdir(at.uploads, { recursive: true, mode: 0o700 }); // the folder may have been removed since the start
      await assertRoom(at.uploads, announcedBytes);
      await cleaner.removeSome();
      await mine.ofKey.mutex.runExclusive(() => lookAgain(mine, by, announcedBytes));
      return await keep(body, { by, announcedBytes }, mine);
    } finally {
      mine.end();
    }
  }

  async function lookAgain(mine: UnderWay, by: UploadCall['by'], bytes: number): Promise<void> {
    mine.ofKey.stored = await storedBy(at, by.key_id);
    mustHaveRoom(mine, bytes, limits);
  }

  async function keep(body: Readable, { by, announcedBytes }: UploadCall, mine: UnderWay): Promise<Upload> {
    const uploadId = `up_${randomBytes(12).toString('hex')}`;
    const partial = `${at.uploads}/.${uploadId}.partial`;
    try {
      const { sha256, bytes } = await receive(body, partial, (received) => {
        mustHaveRoom(mine, Math.max(received, announcedBytes), limits);
      });
      await mustBeGzip(partial);
      const upload = { upload_id: uploadId, sha256, bytes, expires_at: new Date(Date.now() + KEPT_MS).toISOString() };
      const record = JSON.stringify({ ...upload, owner: by });
      await mine.ofKey.mutex.runExclusive(async () => {
        await lookAgain(mine, by, bytes); // other uploads may have been stored in the meantime
        await writeFile(uploadRecord(at, uploadId), record, { mode: 0o600, flush: true });
        await rename(partial, uploadFile(at, uploadId));
        mine.ofKey.stored.count += 1;
        mine.ofKey.stored.bytes += bytes;
        mine.end();
      });
      return upload;
    } catch (error) {
      await rm(uploadRecord(at, uploadId), { force: true });
      throw error;
    } finally {
      await rm(partial, { force: true });
    }
  }
}

/** Returns an upload, or undefined if it doesn't exist or has expired. */
export async function findUpload(at: Layout, uploadId: string): Promise<Upload | undefined> {
  const record = await ifThere(readFile(uploadRecord(at, uploadId), 'utf8'));
  if (record === undefined) return undefined;
  const upload = uploadSchema.parse(JSON.parse(record));
  return upload.expires_at > new Date().toISOString() ? upload : undefined;
}

async function receive(
  body: Readable,
  path: string,
  count: (bytes: number) => void,
): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  let looked = 0;
  async function* measure(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > LARGEST_UPLOAD) throw tooLarge();
      count(bytes);
      if (bytes - looked >= LOOK_AGAIN_BYTES) {
        looked = bytes;
        await assertRoom(path, 0);
      }
      hash.update(chunk);
      yield chunk;
    }
  }
  await pipeline(bodyOf(body), measure, createWriteStream(path, { mode: 0o600 }));
  return { sha256: hash.digest('hex'), bytes };
}

const tooLarge = (): SlipwayError => new SlipwayError('too_large', { params: { limit: '256 MiB' } });

async function mustBeGzip(path: string): Promise<void> {
  const [start] = (await createReadStream(path, { end: 1 }).toArray()) as Buffer[];
  if (start?.equals(GZIP_MAGIC)) return;
  throw new SlipwayError('malformed', { text: 'malformed.not_gzip' });
}
