// A service's data folder in a container: mounted at one place, and linked to from where the app looks for it.
//
// Not the single files are mounted: such a mount knows neither journals beside the file nor a rename over it.
import { lstat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { SlipwayError } from '../../../contract/errors.js';
import { ifThere } from '../../../files.js';
import type { CopyPatience, UnpackPort } from '../unpack/unpack-port.js';
import { statusOf, unlessUnknown } from './engine-answers.js';

/** Where every container finds its service's data. */
export const DATA_MOUNT = '/slipway/data';
/** Where it finds those folders of it that lie apart: links in the data lead from the one to the other. */
export const VOLUMES_MOUNT = '/slipway/volumes';

export interface DataLink {
  /** In the data folder. */
  path: string;
  /** Absolute, in the container. */
  at: string;
}

export interface DataMount {
  /** As the engine's host calls it: a folder that nobody but Slipway can replace, as the engine follows links. */
  source: string;
  /** Absolute, in the container. */
  at: string;
}

export interface ContainerData {
  /** The service's data, and in the place of the image's own volumes, where a link can't stand, theirs. */
  mounts: [DataMount, ...DataMount[]];
  links: DataLink[];
}

export interface PathStat {
  kind: 'link' | 'other';
  modifiedAt: number;
}

export const mountsOf = (data: ContainerData | undefined): Docker.MountSettings[] =>
  (data?.mounts ?? []).map(({ source, at }) => ({ Type: 'bind', Source: source, Target: at }));

/** What the engine says of a mount whose source is not there. */
export function isSourceMissing(error: unknown): boolean {
  return statusOf(error) === 400 && /bind source path|bind mount source/i.test(String(error));
}

export const sourceMissing = ({ mounts: [{ source }] }: ContainerData, cause: unknown): SlipwayError =>
  new SlipwayError('engine_unavailable', {
    text: 'persist.not_on_host',
    params: { folder: source, reason: (cause as Error).message },
    cause,
  });

/** Into a container that has not started: whatever its image has there makes room. */
export async function putLinks(container: Docker.Container, { links }: ContainerData): Promise<void> {
  for (const { path, at } of links) {
    const tar = pack();
    tar.entry({ name: at.slice(1), type: 'symlink', linkname: `${DATA_MOUNT}/${path}`, mode: 0o777 });
    tar.finalize();
    const whole = await buffer(Readable.from(tar)); // a link's: a kilobyte
    try {
      await container.putArchive(whole, { path: '/' });
    } catch (cause) {
      if (!isRefusal(cause)) throw cause;
      const params = { path, reason: (cause as Error).message };
      throw new SlipwayError('build_failed', { text: 'persist.refused', params, cause });
    }
  }
}

/** Rather than that the engine fails: a place that is a mount of its own is told as its failure, too. */
function isRefusal(error: unknown): boolean {
  const status = statusOf(error);
  return status !== undefined && (status < 500 || /resource busy/i.test(String(error)));
}

/** Go's `fs.FileMode`. */
const GO_SYMLINK = 2 ** 27;

/** Without following a last link; undefined when nothing is there. */
export async function statIn(container: Docker.Container, at: string): Promise<PathStat | undefined> {
  const answer = (await unlessUnknown(container.infoArchive({ path: at }))) as
    (NodeJS.ReadableStream & { headers: Record<string, string | undefined> }) | undefined;
  if (!answer) return undefined;
  answer.resume();
  const told = Buffer.from(answer.headers['x-docker-container-path-stat'] ?? '', 'base64').toString('utf8');
  const { mode, mtime } = JSON.parse(told) as { mode: number; mtime: string };
  const isLink = Math.floor(mode / GO_SYMLINK) % 2 === 1;
  return { kind: isLink ? 'link' : 'other', modifiedAt: Date.parse(mtime) };
}

export type CopiedOut =
  | {
      /** Where the copy is. */
      path: string;
      /** Links that lead out of what was copied, and what can't be unpacked: they are not in the copy. */
      leftOut: string[];
      /** How many more there are that have no name here. */
      moreLeftOut?: number;
    }
  /** Nothing was copied, and why: another try would end the same way. */
  | { givenUp: string };

/** Where from and where to: a folder that is there. */
export interface CopyOrder extends CopyPatience {
  /** Absolute, in the container. */
  at: string;
  into: string;
}

/** Copies a file or folder out of a container; undefined when there is none. A full disk is an error, `ENOSPC`. */
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
  const path = `${into}/${root}`; // not there where the top itself is nothing that is copied, such as a FIFO
  return (await ifThere(lstat(path))) && { path, ...copied };
}
