// Mounts a service's data folder at one place in a container, with links at the paths that the app uses.
//
// Single files aren't mounted, because such a mount supports neither journals beside the file nor a rename over it.
import { lstat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { SlipwayError } from '../../../contract/errors.js';
import { ifThere } from '../../../files.js';
import type { CopyGivenUp, CopyMade, CopyPatience, UnpackPort } from '../unpack/unpack-port.js';
import { statusOf, unlessUnknown } from './engine-answers.js';
import { tarOf } from './tar-writer.js';

/** The path of a service's data in every container. */
export const DATA_MOUNT = '/slipway/data';
/** The path of volumes, which are in other folders. Links in the data lead to them. */
export const VOLUMES_MOUNT = '/slipway/volumes';

export interface DataLink {
  /** The path in the data folder. */
  path: string;
  /** Absolute, in the container. */
  at: string;
}

export interface DataMount {
  /** The path on the engine's host. Only Slipway can replace this folder, because the engine follows links. */
  source: string;
  /** Absolute, in the container. */
  at: string;
}

export interface ContainerData {
  /** The service's data, and the folders of the image's own volumes, which can't be links. */
  mounts: [DataMount, ...DataMount[]];
  links: DataLink[];
}

export interface PathStat {
  kind: 'link' | 'other';
  modifiedAt: number;
}

export const mountsOf = (data: ContainerData | undefined): Docker.MountSettings[] =>
  (data?.mounts ?? []).map(({ source, at }) => ({ Type: 'bind', Source: source, Target: at }));

/** Returns true for the engine's error about a mount whose source is missing. */
export function isSourceMissing(error: unknown): boolean {
  return statusOf(error) === 400 && /bind source path|bind mount source/i.test(String(error));
}

export const sourceMissing = ({ mounts: [{ source }] }: ContainerData, cause: unknown): SlipwayError =>
  new SlipwayError('engine_unavailable', {
    text: 'persist.not_on_host',
    params: { folder: source, reason: (cause as Error).message },
    cause,
  });

/** Puts the links into a container that hasn't started. They replace the image's files at these paths. */
export async function putLinks(container: Docker.Container, { links }: ContainerData): Promise<void> {
  for (const { path, at } of links) {
    const link = { path: at.slice(1), linkpath: `${DATA_MOUNT}/${path}` };
    const whole = await buffer(tarOf([{ ...link, type: 'SymbolicLink', mtime: new Date() }])); // some kilobytes
    try {
      await container.putArchive(whole, { path: '/' });
    } catch (cause) {
      if (!isRefusal(cause)) throw cause;
      const params = { path, reason: (cause as Error).message };
      throw new SlipwayError('build_failed', { text: 'persist.refused', params, cause });
    }
  }
}

/**
 * Returns true for a rejection, as opposed to a failure of the engine. The engine reports a path that is a mount as a
 * failure, too.
 */
function isRefusal(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && (status < 500 || /resource busy/i.test(String(error)));
}

/** Go's `fs.FileMode`. */
const GO_SYMLINK = 2 ** 27;

/** Returns the kind of a path without following its last link. Undefined if there is nothing. */
export async function statIn(container: Docker.Container, at: string): Promise<PathStat | undefined> {
  const answer = (await unlessUnknown(container.infoArchive({ path: at }))) as
    (NodeJS.ReadableStream & { headers: Record<string, string | undefined> }) | undefined;
  if (!answer) return undefined;
  answer.resume();
  const statJson = Buffer.from(answer.headers['x-docker-container-path-stat'] ?? '', 'base64').toString('utf8');
  const { mode, mtime } = JSON.parse(statJson) as { mode: number; mtime: string };
  const isLink = Math.floor(mode / GO_SYMLINK) % 2 === 1;
  return { kind: isLink ? 'link' : 'other', modifiedAt: Date.parse(mtime) };
}

/** `path` is the path of the copy. */
export type CopiedOut = (CopyMade & { path: string }) | CopyGivenUp;

/** The source in a container, and an existing target folder. */
export interface CopyOrder extends CopyPatience {
  /** Absolute, in the container. */
  at: string;
  into: string;
}

/** Copies a file or folder out of a container. Returns undefined if there is none. Throws `ENOSPC` for a full disk. */
export async function copyOut(
  container: Docker.Container,
  unpacker: UnpackPort,
  { at, into, ...patience }: CopyOrder,
): Promise<CopiedOut | undefined> {
  const archive = await unlessUnknown(container.getArchive({ path: at }));
  if (!archive) return undefined;
  const root = basename(at);
  const copied = await unpacker.unpackCopy(archive as Readable, root, into, patience);
  if ('givenUp' in copied) return copied;
  const path = `${into}/${root}`; // missing if the top itself isn't copied, for example a FIFO
  return (await ifThere(lstat(path))) && { path, ...copied };
}
