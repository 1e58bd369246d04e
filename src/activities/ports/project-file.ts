// Reads the texts of projects: foreign files of any size and kind, or links to any target.
import { constants, readlinkSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import { ifThere } from '../../files.js';
import { decodeText } from './decode-text.js';

const MIB = 1024 ** 2;
/** Doesn't follow a link that was created a moment ago, and doesn't wait for the writer of a FIFO. */
const ONLY_ITSELF = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export async function readProjectFile(root: string, path: string, maxBytes: number): Promise<string | undefined> {
  if (path.includes('\0')) return undefined; // no file system has this name
  const within = await ifThere(fs.realpath(root));
  const real = await ifThere(fs.realpath(join(root, path))).catch(asRefusal(path));
  if (within === undefined || real === undefined) return undefined;
  mustBeInside(within, real, path);
  const file = await ifThere(fs.open(real, ONLY_ITSELF)).catch(asRefusal(path));
  if (file === undefined) return undefined;
  try {
    mustBeInside(within, readlinkSync(`/proc/self/fd/${file.fd}`), path); // a parent folder may have become a link
    const stat = await file.stat();
    if (!stat.isFile()) throw refusal('source_invalid.not_a_file', path);
    if (stat.size > maxBytes) throw tooBig(path, maxBytes);
    return await readWithin(file, path, maxBytes);
  } finally {
    await file.close();
  }
}

/** Reads up to `maxBytes`. The file may be written to meanwhile, so its size may change. */
async function readWithin(file: fs.FileHandle, path: string, maxBytes: number): Promise<string> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(Math.min(size, maxBytes) + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length);
    length += bytesRead;
    if (bytesRead === 0 || length === buffer.length) break;
  }
  if (length > maxBytes) throw tooBig(path, maxBytes);
  return decodeText(path, buffer.subarray(0, length));
}

function mustBeInside(root: string, real: string, path: string): void {
  if (!real.startsWith(`${root}/`)) throw refusal('source_invalid.escaping_link', path);
}

/** Converts the errors of a link loop, and of a socket, which can't be opened. */
const asRefusal =
  (path: string) =>
  (error: NodeJS.ErrnoException): never => {
    if (error.code === 'ELOOP') throw refusal('source_invalid.link_loop', path);
    if (error.code === 'ENXIO') throw refusal('source_invalid.not_a_file', path);
    throw error;
  };

const refusal = (
  text: 'source_invalid.escaping_link' | 'source_invalid.link_loop' | 'source_invalid.not_a_file',
  path: string,
): SlipwayError => new SlipwayError('source_invalid', { text, params: { path } });

const tooBig = (path: string, maxBytes: number): SlipwayError =>
  new SlipwayError('source_invalid', {
    text: 'source_invalid.file_too_big',
    params: { path, limit: Math.round(maxBytes / MIB) },
  });
