// Persisted paths of a release that runs as processes: links into the service's data folder.
//
// What the release brought at such a path is put aside, whole, as later deployments may be made of this release (see
// `prepare/snapshot.ts`); the data folder gets a copy, once. An app that saves by a rename puts a file in the place of the
// link: that is known by the list of what was linked, and taken into the data folder before anybody looks there again.
import { dirname, join } from 'node:path';
import { releaseBrought, releaseDir, releaseLinks, type Layout } from '../../contract/layout.js';
import type { PersistedPath } from '../../contract/persist.js';
import type { DiskPort } from '../ports/disk-port.js';
import type { Owner } from '../ports/ownership.js';
import { isInside } from '../prepare/tree.js';
import { assertPlain, dataPlace, makeParents, takeNewer, type DataPlace } from './data-files.js';

export interface ReleaseRef {
  service: string;
  deploymentId: string;
}

/** Nothing of the release may run. Repeatable at any point. */
export async function linkRelease(
  disk: DiskPort,
  layout: Layout,
  release: ReleaseRef,
  paths: readonly PersistedPath[],
  owner?: Owner,
): Promise<void> {
  const linked = await readLinks(disk, layout, release);
  for (const path of paths) {
    await placeLink(disk, placesOf(layout, release, path.path, owner), linked.includes(path.path));
    if (path.kind === 'folder') await makeMissingFolder(disk, placesOf(layout, release, path.path, owner).data);
    await assertPlain(disk, dataPlace(layout, release.service).root, path.path, ['file', 'folder']);
  }
  const all = [...new Set([...linked, ...paths.map(({ path }) => path)])];
  if (all.length === linked.length) return;
  await disk.writeAtomically(releaseLinks(layout, release.service, release.deploymentId), JSON.stringify(all));
}

/** After its app has ended: what the app put in the place of links becomes data, and the links are there again. */
export async function settleRelease(disk: DiskPort, layout: Layout, release: ReleaseRef, owner?: Owner): Promise<void> {
  const linked = await readLinks(disk, layout, release);
  if (!(await disk.exists(releaseDir(layout, release.service, release.deploymentId)))) return;
  for (const path of linked) await placeLink(disk, placesOf(layout, release, path, owner), true);
}

/** What apps of other releases, which may still run, have put in the place of links: copied, so that a successor sees it. */
export async function readOthers(disk: DiskPort, layout: Layout, release: ReleaseRef, owner?: Owner): Promise<void> {
  const { service, deploymentId } = release;
  for (const { name, kind } of await disk.list(dirname(releaseDir(layout, service, deploymentId)))) {
    if (kind !== 'folder' || name === deploymentId) continue;
    const other = { service, deploymentId: name };
    for (const path of await readLinks(disk, layout, other)) {
      await takeReplaced(disk, placesOf(layout, other, path, owner));
    }
  }
}

interface Places {
  path: string;
  release: string;
  /** In the release. */
  at: string;
  data: string;
  place: DataPlace;
  brought: string;
}

function placesOf(layout: Layout, { service, deploymentId }: ReleaseRef, path: string, owner?: Owner): Places {
  const release = releaseDir(layout, service, deploymentId);
  const place = { ...dataPlace(layout, service), ...(owner && { owner }) };
  return {
    path,
    release,
    at: join(release, path),
    data: join(place.root, path),
    place,
    brought: join(releaseBrought(layout, service, deploymentId), path),
  };
}

async function placeLink(disk: DiskPort, places: Places, wasLinked: boolean): Promise<void> {
  const { path, release, at, data, place, brought } = places;
  await makeParents(disk, place.root, path, place.owner);
  await makeParents(disk, release, path);
  if (await isLinkTo(disk, at, data)) return;
  if (wasLinked) await takeReplaced(disk, places);
  else await seed(disk, places);
  if (wasLinked) await disk.remove(at);
  else if (await disk.exists(at)) await disk.rename(at, brought);
  await disk.makeLink(data, at);
}

/** What a release brings is the beginning of the data, and never again more than that. */
async function seed(disk: DiskPort, places: Places): Promise<void> {
  const { data, place } = places;
  const from = await targetOf(disk, places);
  if (from !== undefined && !(await disk.exists(data))) await takeNewer(disk, place, from, data);
}

/** A link of the app's own counts by what it leads to; one into the data folder is none. */
async function takeReplaced(disk: DiskPort, places: Places): Promise<void> {
  const { path, at, data, place } = places;
  if (await isLinkTo(disk, at, data)) return; // where a container made that a link, what it leads to is nobody's data
  const from = await targetOf(disk, places);
  const root = await disk.realPath(place.root);
  if (from === undefined || (root !== undefined && isInside(root, from))) return;
  await makeParents(disk, place.root, path, place.owner);
  await takeNewer(disk, place, from, data);
}

/** What really stands at a path of the release; undefined for what is not its own to show. */
async function targetOf(disk: DiskPort, { release, at, place }: Places): Promise<string | undefined> {
  const target = await disk.realPath(at);
  if (target === undefined || !['file', 'folder'].includes((await disk.kindOf(target)) ?? '')) return undefined;
  if (!place.owner) return target; // Slipway's own rights are the app's
  const own = await Promise.all([release, place.root].map((root) => disk.realPath(root)));
  return own.some((root) => root !== undefined && isInside(root, target)) ? target : undefined;
}

async function isLinkTo(disk: DiskPort, at: string, target: string): Promise<boolean> {
  return (await disk.kindOf(at)) === 'link' && (await disk.readLink(at)) === target;
}

async function makeMissingFolder(disk: DiskPort, path: string): Promise<void> {
  if (!(await disk.exists(path))) await disk.makeFolder(path);
}

async function readLinks(disk: DiskPort, layout: Layout, { service, deploymentId }: ReleaseRef): Promise<string[]> {
  const text = await disk.readText(releaseLinks(layout, service, deploymentId));
  return text === undefined ? [] : (JSON.parse(text) as string[]); // written by `linkRelease` alone
}
