// A service's data folder in a container: mounted at one place, and linked to from where the app looks for it.
//
// Not the single files are mounted: such a mount knows neither journals beside the file nor a rename over it.
import { lstat } from 'node:fs/promises';
import { basename, posix } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type Docker from 'dockerode';
import { Unpack, type ReadEntry } from 'tar';
import { pack } from 'tar-stream';
import { SlipwayError } from '../../../contract/errors.js';
import { ifThere } from '../../../files.js';
import { StandIns } from '../stand-ins.js';
import { TarNames } from '../tar-names.js';
import { OF_THE_HOST } from '../tar.js';
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

const COPIED = ['File', 'OldFile', 'Directory', 'SymbolicLink', 'Link'];

export interface CopiedOut {
  /** Where the copy is. */
  path: string;
  /** Links that lead out of what was copied, and what can't be unpacked: they are not in the copy. */
  leftOut: string[];
}

/** Copies a file or folder out of a container, into a folder that is there; undefined when there is none. */
export async function copyOut(container: Docker.Container, at: string, into: string): Promise<CopiedOut | undefined> {
  const archive = await unlessUnknown(container.getArchive({ path: at }));
  if (!archive) return undefined;
  const root = basename(at);
  const leftOut = new Set<string>();
  const isTaken = (entry: ReadEntry): boolean => {
    if (leadsOut(root, entry)) leftOut.add(entry.path);
    return COPIED.includes(entry.type) && !leftOut.has(entry.path);
  };
  const unpack = new Unpack({
    cwd: into,
    strict: false, // one odd entry of an app's must not hold up its stop
    preserveOwner: false,
    filter: (_path, entry) => 'type' in entry && isTaken(entry),
  });
  unpack.on('warn', (_code, _message, data: { code?: string; entry?: ReadEntry }) => {
    if (OF_THE_HOST.includes(data.code ?? '')) unpack.emit('error', data);
    else if (data.entry) leftOut.add(data.entry.path);
  });
  const standIns = new StandIns();
  const names = new TarNames(standIns.of);
  await pipeline(archive, names, unpack as unknown as NodeJS.WritableStream); // a stream in all but its types
  await standIns.replaceIn(into);
  const path = `${into}/${root}`; // not there where the top itself is nothing that is copied, such as a FIFO
  return (await ifThere(lstat(path))) && { path, leftOut: [...leftOut].map(standIns.shown) };
}

/** An absolute link would lead into the host as soon as it is looked at from outside of the container. */
function leadsOut(root: string, { path, type, linkpath = '' }: ReadEntry): boolean {
  if (type !== 'SymbolicLink') return false;
  const target = posix.join(posix.dirname(path), linkpath);
  return linkpath.startsWith('/') || !`${target}/`.startsWith(`${root}/`);
}
