// Defines the folders of a service's data, and reaches the entries in them.
//
//   data/<service>        a link to `files`, which apps and people use
//   data/<service>.data/  only Slipway may enter, and the service's group if apps have their own user
//     files/              mounted in containers at /slipway/data
//     volumes/<name>/     folders that are volumes of images, with a link in their place in `files`
//     volumes.json        the paths of these volumes
//
// Containers write in `files` and in each volume at any moment, as root. So a folder is mounted only from a place where
// no container can swap it for a link. Each entry is reached through open folders.
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import {
  dataFiles,
  dataGuard,
  dataStaging,
  dataVolumeList,
  dataVolumes,
  dataWriters,
  formerDataWriters,
  serviceData,
  type Layout,
} from '../../contract/layout.js';
import { READ_BY_GROUP } from '../app-folders.js';
import type { DiskPort } from '../ports/disk-port.js';
import type { Owner } from '../ports/ownership.js';

export interface Volume {
  /** Relative to the data. */
  path: string;
  root: string;
}

export interface DataPlace {
  files: string;
  volumes: readonly Volume[];
  /** On the same file system. The holder of the data's lock uses it, and removes the remains of a killed worker. */
  staging: string;
  /**
   * The owner of new files, while no other user can enter. Absent if apps have no user of their own: the files then
   * belong to Slipway's.
   */
  owner?: Owner;
}

/** Opens the data under its lock. Data that an earlier version kept in `data/<service>` itself is moved. */
export async function openDataPlace(
  disk: DiskPort,
  layout: Layout,
  service: string,
  owner?: Owner,
): Promise<DataPlace> {
  const [guard, files, link] = [dataGuard, dataFiles, serviceData].map((path) => path(layout, service)) as Three;
  await makeGuard(disk, guard, owner);
  await takeOver(disk, layout, service);
  await makeRoot(disk, files, owner);
  await settleLink(disk, service, link);
  const list = await disk.readText(dataVolumeList(layout, service));
  const paths = list === undefined ? [] : (JSON.parse(list) as string[]); // written only by `withMoreVolumes`
  const volumes = paths.map((path) => volumeAt(layout, service, path));
  return { files, volumes, staging: dataStaging(layout, service), ...(owner && { owner }) };
}

/** Makes the link, or throws if another link exists, because apps and containers would use different data. */
async function settleLink(disk: DiskPort, service: string, link: string): Promise<void> {
  const target = `${service}.data/files`;
  const kind = await disk.kindOf(link);
  if (kind === undefined) return disk.makeLink(target, link);
  if (kind === 'link' && (await disk.readLink(link)) === target) return;
  throw new SlipwayError('internal', { text: 'persist.foreign_link', params: { path: link } });
}

type Three = [string, string, string];

/**
 * Moves the former data folder. Running apps use the folder by its former name: it is missing for a moment, and then a
 * link.
 */
async function takeOver(disk: DiskPort, layout: Layout, service: string): Promise<void> {
  const former = serviceData(layout, service);
  if ((await disk.kindOf(former)) !== 'folder') return;
  if (await disk.exists(formerDataWriters(layout, service)))
    await disk.rename(formerDataWriters(layout, service), dataWriters(layout, service));
  await disk.rename(former, dataFiles(layout, service));
}

async function makeGuard(disk: DiskPort, path: string, owner: Owner | undefined): Promise<void> {
  if (owner) await disk.guard(path, READ_BY_GROUP, owner.gid);
  else await disk.makeFolder(path);
}

/** The guard excludes other users. Inside it, containers write with any user id. */
const WRITTEN_BY_ALL = 0o777;

export async function makeRoot(disk: DiskPort, path: string, owner: Owner | undefined): Promise<void> {
  if (owner) await disk.guard(path, WRITTEN_BY_ALL, owner.gid);
  else await disk.makeFolder(path);
}

/** The limit of the volumes of all images that a service has had. Each start of a container mounts all of them. */
const MOST_VOLUMES = 300;

/** Returns the place with more volumes. Throws if it would have too many. */
export async function withMoreVolumes(
  disk: DiskPort,
  layout: Layout,
  service: string,
  place: DataPlace,
  paths: readonly string[],
): Promise<DataPlace> {
  const known = new Set(place.volumes.map(({ path }) => path));
  const added = [...new Set(paths)].filter((path) => !known.has(path));
  if (added.length === 0) return place;
  const count = known.size + added.length;
  if (count > MOST_VOLUMES)
    throw new SlipwayError('build_failed', {
      text: 'persist.many_volumes',
      params: { service, count, most: MOST_VOLUMES },
    });
  const volumes = [...place.volumes, ...added.map((path) => volumeAt(layout, service, path))];
  await makeGuard(disk, dataVolumes(layout, service), place.owner);
  await disk.writeAtomically(dataVolumeList(layout, service), JSON.stringify(volumes.map((volume) => volume.path)));
  return { ...place, volumes };
}

function volumeAt(layout: Layout, service: string, path: string): Volume {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 16);
  return { path, root: join(dataVolumes(layout, service), name) };
}

export const rootsOf = (place: DataPlace): string[] => [place.files, ...place.volumes.map(({ root }) => root)];

export interface Spot {
  /** Only Slipway can replace it. */
  root: string;
  /** '' for the root itself. */
  path: string;
}

/** Returns the place of an entry, in the innermost volume that contains it. */
export function spotOf({ files, volumes }: DataPlace, path: string): Spot {
  const holding = volumes.filter((volume) => `${path}/`.startsWith(`${volume.path}/`));
  const [innermost] = holding.sort((a, b) => b.path.length - a.path.length);
  return innermost ? { root: innermost.root, path: path.slice(innermost.path.length + 1) } : { root: files, path };
}

/** Returns the place of a volume's link: in the volume around it, or among the files. */
export function linkSpotOf(place: DataPlace, { path }: Volume): Spot {
  return spotOf({ ...place, volumes: place.volumes.filter((volume) => volume.path !== path) }, path);
}

/** Returns the parent folders of a path, outermost first. */
export function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Runs work on an entry of the data (see `DiskPort.within`). */
export function inData<T>(
  disk: DiskPort,
  place: DataPlace,
  path: string,
  work: (at: string) => Promise<T>,
): Promise<T | undefined> {
  const spot = spotOf(place, path);
  return disk.within(spot.root, spot.path, work);
}

/** Creates the parent folders of an entry, and gives them to the app's user. */
export async function makeDataParents(disk: DiskPort, place: DataPlace, path: string): Promise<void> {
  const spot = spotOf(place, path);
  await disk.within(spot.root, spot.path, () => Promise.resolve(), 'made');
  if (place.owner) await handOverAlong(disk, place, dirname(path), place.owner);
}

/** Gives an entry and its parent folders to the app's user. The roots stay Slipway's. */
export async function handOverAlong(disk: DiskPort, place: DataPlace, path: string, owner: Owner): Promise<void> {
  if (path === '.') return;
  const spot = spotOf(place, path);
  if (spot.path === '') await disk.handOver(spot.root, owner, 'contents');
  else await disk.handOverAlong(spot.root, spot.path, owner);
}
