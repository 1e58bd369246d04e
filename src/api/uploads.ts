// Uploaded archives: streamed to disk, hashed, and kept for a day. What one holds is judged before it is unpacked.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { uploadFile, uploadRecord, type Layout } from '../contract/layout.js';
import { SlipwayError } from '../contract/errors.js';
import { ifThere } from '../files.js';
import { bodyOf } from './body.js';

const LARGEST_UPLOAD = 256 * 1024 * 1024;
const KEPT_MS = 24 * 60 * 60 * 1000;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

const uploadSchema = z.object({ upload_id: z.string(), sha256: z.string(), bytes: z.number(), expires_at: z.string() });
export type Upload = z.infer<typeof uploadSchema>;

/** Nothing is left of an upload that is refused. */
export async function storeUpload(body: Readable, announcedBytes: number, at: Layout): Promise<Upload> {
  if (announcedBytes > LARGEST_UPLOAD) throw tooLarge();
  await mkdir(at.uploads, { recursive: true, mode: 0o700 }); // somebody may have tidied it away since the start
  const uploadId = `up_${randomBytes(12).toString('hex')}`;
  const partial = `${at.uploads}/.${uploadId}.partial`;
  try {
    const { sha256, bytes } = await receive(body, partial);
    await mustBeGzip(partial);
    const upload = { upload_id: uploadId, sha256, bytes, expires_at: new Date(Date.now() + KEPT_MS).toISOString() };
    await writeFile(uploadRecord(at, uploadId), JSON.stringify(upload), { mode: 0o600, flush: true });
    await rename(partial, uploadFile(at, uploadId));
    return upload;
  } catch (error) {
    await rm(uploadRecord(at, uploadId), { force: true });
    throw error;
  } finally {
    await rm(partial, { force: true });
  }
}

/** Undefined when it never was, or its day is over. */
export async function findUpload(at: Layout, uploadId: string): Promise<Upload | undefined> {
  const record = await ifThere(readFile(uploadRecord(at, uploadId), 'utf8'));
  if (record === undefined) return undefined;
  const upload = uploadSchema.parse(JSON.parse(record));
  return upload.expires_at > new Date().toISOString() ? upload : undefined;
}

async function receive(body: Readable, path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > LARGEST_UPLOAD) {
        done(tooLarge());
        return;
      }
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(bodyOf(body), measure, createWriteStream(path, { mode: 0o600 }));
  return { sha256: hash.digest('hex'), bytes };
}

const tooLarge = (): SlipwayError => new SlipwayError('too_large', { params: { limit: '256 MiB' } });

async function mustBeGzip(path: string): Promise<void> {
  const [start] = (await createReadStream(path, { end: 1 }).toArray()) as Buffer[];
  if (start?.equals(GZIP_MAGIC)) return;
  throw new SlipwayError('malformed', { text: 'malformed.not_gzip' });
}
