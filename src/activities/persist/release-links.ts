// Persisted paths of a release that runs as processes: links into the service's data folder.
//
// What the release brought at such a path is put aside, whole, as later deployments may be made of this release (see
// `prepare/snapshot.ts`); the data folder gets a copy, once. An app that saves by a rename puts a file in the place of the
// link: that is known by the list of what was linked, and taken into the data folder before anybody looks there again.
import { dirname, join, relative } from 'node:path';
import { releaseBrought, releaseDir, releaseLinks, serviceData, type Layout } from '../../contract/layout.js';
import type { PersistedPath } from '../../contract/persist.js';
import type { DiskPort } from '../ports/disk-port.js';
import { isInside } from '../prepare/tree.js';
import { assertPlain, makeMissingFolder, takeNewer } from './data-files.js';
import { NOT_ALL_READ, warnIfInvalid } from './tolerated.js';
import { inData, makeDataParents, rootsOf, type DataPlace } from './data-place.js';

export interface ReleaseRef {
  service: string;
  deploymentId: string;
  /** Where the app is in it, when that is not its root. */
  folder?: string;
}

/** What stands beside a release: a list alone is of an app at its root. */
type Linked = string[] | { folder: string; paths: string[] };

/** Nothing of the release may run. Repeatable at any point. */
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
  await disk.writeAtomically(releaseLinks(layout, service, deploymentId), JSON.stringify(list));
}

/** After its app has ended: what the app put in the place of links becomes data, and the links are there again. */
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

/** What apps of other releases, which may still run, have put in the place of links: copied, so that a successor sees it. */
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
  /** As it is persisted: from the app's folder, and from the data folder. */
  path: string;
  inRelease: string;
  release: string;
  /** What the link leads to. */
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

/** What a release brings is the beginning of the data, and never again more than that. */
async function seed(disk: DiskPort, { path, place, release }: Places, at: string): Promise<void> {
  if (await inData(disk, place, path, (target) => disk.exists(target))) return;
  await withOwn(disk, place, release, at, (from) => takeNewer(disk, place, from, path));
}

/** A link of the app's own counts by what it leads to; one into the data is none. */
async function takeReplaced(disk: DiskPort, { path, data, place, release }: Places, at: string): Promise<void> {
  if (await isLinkTo(disk, at, data)) return; // where a container made that a link, what it leads to is nobody's data
  const target = await disk.realPath(at);
  if (target === undefined || (await holderOf(disk, rootsOf(place), target))) return;
  await withOwn(disk, place, release, at, (from) => takeNewer(disk, place, from, path));
}

/** Works on what really stands at a place of the release, unless that is not its own to show. */
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
  if (!place.owner) return workOnPlain(target); // Slipway's own rights are the app's
  const holder = await holderOf(disk, [release, ...rootsOf(place)], target);
  if (holder !== undefined) await disk.within(holder, relative(holder, target), workOnPlain);
}

/** The folder of these, by its real path, that holds what really stands at a path. */
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
  const linked = text === undefined ? [] : (JSON.parse(text) as Linked); // written by `linkRelease` alone
  return Array.isArray(linked) ? { paths: linked } : linked;
}
