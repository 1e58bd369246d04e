// The folders of a service's data that are volumes of images. They are apart from the files, with a link in their
// place.
//
// An entry that an app puts in the place of the link becomes the folder's content, as with all persisted paths.
import { dirname, join, relative } from 'node:path';
import { SlipwayError } from '../../contract/errors.js';
import type { DiskPort } from '../ports/disk-port.js';
import { putInPlace } from './data-files.js';
import { handOverAlong, linkSpotOf, makeRoot, type DataPlace, type Volume } from './data-place.js';

/**
 * Moves all volumes to their places. Repeatable at any point. Outer volumes come first, because an inner volume's link
 * is in the outer one.
 */
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

/**
 * Moves a folder into its volume. An app may swap the folder for a link at that moment. So the result is checked in the
 * new place, which no app can change.
 */
async function takeIn(disk: DiskPort, place: DataPlace, at: string, { path, root }: Volume): Promise<void> {
  await putInPlace(disk, place, at, root);
  if ((await disk.kindOf(root)) === 'folder') return;
  await disk.remove(root);
  throw notPlain(path, join(place.files, path));
}

const notPlain = (path: string, at: string): SlipwayError =>
  new SlipwayError('source_invalid', { text: 'persist.not_plain', params: { path, at } });
