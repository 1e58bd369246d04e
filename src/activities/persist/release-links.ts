// The persisted paths of a release that runs as processes: links into the service's data folder.
//
// The release's own entry at a persisted path is moved aside unchanged, because later deployments may use this release
// as their source (see `prepare/snapshot.ts`). The data folder gets a copy once. An app that saves with a rename
// replaces the link with a file. The list of linked paths shows this, and the file is moved into the data folder before
// it is read there again.
import { dirname, join, relative } from 'node:path';
import { releaseBrought, releaseDir, releaseLinks, serviceData, type Layout } from '../../contract/layout.js';
import type { PersistedPath } from '../../contract/persist.js';
import type { DiskPort } from '../ports/disk-port.js';
import { isInside } from '../prepare/tree.js';
import { assertPlain, emptyStaging, makeMissingFolder, takeNewer } from './data-files.js';
import { NOT_ALL_READ, warnIfInvalid } from './tolerated.js';
import { inData, makeDataParents, rootsOf, type DataPlace } from './data-place.js';

export interface ReleaseRef {
  service: string;
  deploymentId: string;
  /** The app's folder in it, if that isn't the root. */
  folder?: string;
}

/** The content of the list beside a release. An array means an app at the root. */
type Linked = string[] | { folder: string; paths: string[] };

/** Links the persisted paths. Nothing of the release may run. Repeatable at any point. */
export async function linkRelease(
  disk: DiskPort,
  layout: Layout,
  place: DataPlace,
  release: ReleaseRef,
  paths: readonly PersistedPath[],
): Promise<void> {
  const { paths: linked } = await readLinks(disk, layout, release);
  for (const { path, kind } of paths) {
    await placeLink(disk, placesOf(layout, place, release, path), linked.includes(path));
    if (kind === 'folder') await makeMissingFolder(disk, place, path);
    await assertPlain(disk, place, path, ['file', 'folder']);
  }
  const all = [...new Set([...linked, ...paths.map(({ path }) => path)])];
  if (all.length === linked.length) return;
  const { service, deploymentId, folder } = release;
  const list: Linked = folder === undefined ? all : { folder, paths: all };
  const written = join(await emptyStaging(disk, place), 'links.json'); // so a kill leaves no file beside the release
  await disk.writeAtomically(written, JSON.stringify(list));
  await disk.rename(written, releaseLinks(layout, service, deploymentId));
}

/** Moves files that replaced links into the data, and restores the links. Called after the app has ended. */
export async function settleRelease(
  disk: DiskPort,
  layout: Layout,
  place: DataPlace,
  release: ReleaseRef,
): Promise<void> {
  const { paths: linked, folder } = await readLinks(disk, layout, release);
  if (!(await disk.exists(releaseDir(layout, release.service, release.deploymentId)))) return;
  for (const path of linked) await placeLink(disk, placesOf(layout, place, { ...release, folder }, path), true);
}

/** Copies files that replaced links in other releases, whose apps may still run, so that the next app has them. */
export async function readOthers(
  disk: DiskPort,
  layout: Layout,
  place: DataPlace,
  { service, deploymentId }: ReleaseRef,
): Promise<void> {
  const folder = dirname(releaseDir(layout, service, deploymentId));
  for (const { name, kind } of await disk.list(folder)) {
    if (kind !== 'folder' || name === deploymentId) continue;
    const { paths, folder } = await readLinks(disk, layout, { service, deploymentId: name });
    for (const path of paths) {
      const places = placesOf(layout, place, { service, deploymentId: name, folder }, path);
      const taken = disk.within(places.release, places.inRelease, (at) => takeReplaced(disk, places, at));
      await warnIfInvalid(taken, NOT_ALL_READ);
    }
  }
}

interface Places {
  /** The persisted path, relative to the app's folder and to the data folder. */
  path: string;
  inRelease: string;
  release: string;
  /** The target of the link. */
  data: string;
  place: DataPlace;
  brought: string;
}

const placesOf = (
  layout: Layout,
  place: DataPlace,
  { service, deploymentId, folder = '.' }: ReleaseRef,
  path: string,
): Places => ({
  path,
  inRelease: join(folder, path),
  release: releaseDir(layout, service, deploymentId),
  data: join(serviceData(layout, service), path),
  place,
  brought: releaseBrought(layout, service, deploymentId),
});

async function placeLink(disk: DiskPort, places: Places, wasLinked: boolean): Promise<void> {
  const { path, inRelease, release, data, place, brought } = places;
  await makeDataParents(disk, place, path);
  await disk.within(
    release,
    inRelease,
    async (at) => {
      if (await isLinkTo(disk, at, data)) return;
      if (wasLinked) await takeReplaced(disk, places, at);
      else await seed(disk, places, at);
      if (wasLinked) await disk.remove(at);
      else if (await disk.exists(at)) await disk.within(brought, inRelease, (aside) => disk.rename(at, aside), 'made');
      await disk.makeLink(data, at);
    },
    'made',
  );
}

/** Copies the release's own entry as the first version of the data. Later releases never replace the data. */
async function seed(disk: DiskPort, { path, place, release }: Places, at: string): Promise<void> {
  if (await inData(disk, place, path, (target) => disk.exists(target))) return;
  await withOwn(disk, place, release, at, (from) => takeNewer(disk, place, from, path));
}

/**
 * Takes a file that replaced a link into the data. An app's own link counts by its target; a link into the data is
 * ignored.
 */
async function takeReplaced(disk: DiskPort, { path, data, place, release }: Places, at: string): Promise<void> {
  if (await isLinkTo(disk, at, data)) return; // a container may have made this a link, so its target isn't data
  const target = await disk.realPath(at);
  if (target === undefined || (await holderOf(disk, rootsOf(place), target))) return;
  await withOwn(disk, place, release, at, (from) => takeNewer(disk, place, from, path));
}

/** Works on the real target of a path in the release, unless the target is outside the release and the data. */
async function withOwn(
  disk: DiskPort,
  place: DataPlace,
  release: string,
  at: string,
  work: (from: string) => Promise<void>,
): Promise<void> {
  const target = await disk.realPath(at);
  if (target === undefined) return;
  const workOnPlain = async (from: string): Promise<void> => {
    if (['file', 'folder'].includes((await disk.kindOf(from)) ?? '')) await work(from);
  };
  if (!place.owner) return workOnPlain(target); // Slipway and the app have the same permissions
  const holder = await holderOf(disk, [release, ...rootsOf(place)], target);
  if (holder !== undefined) await disk.within(holder, relative(holder, target), workOnPlain);
}

/** Returns the real path of the folder that contains the target. */
async function holderOf(disk: DiskPort, folders: readonly string[], target: string): Promise<string | undefined> {
  const real = await Promise.all(folders.map((folder) => disk.realPath(folder)));
  return real.find((folder) => folder !== undefined && isInside(folder, target));
}

async function isLinkTo(disk: DiskPort, at: string, target: string): Promise<boolean> {
  return (await disk.kindOf(at)) === 'link' && (await disk.readLink(at)) === target;
}

async function readLinks(
  disk: DiskPort,
  layout: Layout,
  { service, deploymentId }: ReleaseRef,
): Promise<{ folder?: string; paths: string[] }> {
  const text = await disk.readText(releaseLinks(layout, service, deploymentId));
  const linked = text === undefined ? [] : (JSON.parse(text) as Linked); // written only by `linkRelease`
  return Array.isArray(linked) ? { paths: linked } : linked;
}
