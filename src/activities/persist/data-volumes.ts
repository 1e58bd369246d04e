// The folders of a service's data that images make volumes of, each in its place: apart from the files, with a link there.
//
// What an app puts in the place of such a link is the folder's content from then on, as with all that is persisted.
import { dirname, join, relative } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import type { DiskPort } from '../ports/disk-port.js';
import { putInPlace } from './data-files.js';
import { handOverAlong, linkSpotOf, makeRoot, type DataPlace, type Volume } from './data-place.js';

/** Repeatable at any point. Outermost first: an inner one's link stands in the volume around it. */
export async function settleVolumes(disk: DiskPort, place: DataPlace): Promise<void> {
  for (const volume of [...place.volumes].sort((a, b) => a.path.length - b.path.length))
    await settleVolume(disk, place, volume);
}

async function settleVolume(disk: DiskPort, place: DataPlace, volume: Volume): Promise<void> {
  const spot = linkSpotOf(place, volume);
  const target = relative(join(spot.root, dirname(spot.path)), volume.root);
  await disk.within(
    spot.root,
    spot.path,
    async (at) => {
      const kind = await disk.kindOf(at);
      if (kind === 'folder') await takeIn(disk, place, at, volume);
      else if (kind !== undefined && !(kind === 'link' && (await disk.readLink(at)) === target))
        throw notPlain(volume.path, join(spot.root, spot.path));
      if (!['folder', undefined].includes(await disk.kindOf(volume.root))) throw notPlain(volume.path, volume.root);
      await makeRoot(disk, volume.root, place.owner);
      if (kind !== 'link') await disk.makeLink(target, at);
    },
    'made',
  );
  const parent = dirname(volume.path);
  if (place.owner) await handOverAlong(disk, place, parent, place.owner);
}

/** An app may swap the folder for a link in the moment in which it is moved. From where it is moved to, nobody does. */
async function takeIn(disk: DiskPort, place: DataPlace, at: string, { path, root }: Volume): Promise<void> {
  await putInPlace(disk, place, at, root);
  if ((await disk.kindOf(root)) === 'folder') return;
  await disk.remove(root);
  throw notPlain(path, join(place.files, path));
}

const notPlain = (path: string, at: string): SlipwayError =>
  new SlipwayError('source_invalid', { text: 'persist.not_plain', params: { path, at } });
