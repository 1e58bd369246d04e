// Work on a disk that is killed at each change it makes, and repeated.
import { expect } from '@jest/globals';
import { disk, type DiskPort } from '../../src/activities/ports/disk-port.js';

class Killed extends Error {}

const nothing = (): Promise<void> => Promise.resolve();

/** A disk whose worker is killed right before its nth change, or right after. */
function dyingDisk(nth: number, when: 'before' | 'after'): DiskPort {
  let changes = 0;
  const dying = async (change: () => Promise<void>): Promise<void> => {
    changes += 1;
    if (changes > nth || (changes === nth && when === 'before')) throw new Killed();
    await change();
    if (changes === nth) throw new Killed();
  };
  return {
    ...disk,
    writeAtomically: (path, text) => dying(() => disk.writeAtomically(path, text)),
    within: async (root, path, work, missing) => {
      if (missing === 'made') await dying(() => disk.within(root, path, nothing, missing));
      return disk.within(root, path, work, missing);
    },
    makeFolder: (path) => dying(() => disk.makeFolder(path)),
    makeLink: (target, path) => dying(() => disk.makeLink(target, path)),
    copyTree: (from, to) => dying(() => disk.copyTree(from, to)),
    rename: (from, to) => dying(() => disk.rename(from, to)),
    remove: (path) => dying(() => disk.remove(path)),
  };
}

/** Kills the work at each of its changes, and repeats it. Returns at how many places it was killed. */
export async function killedEverywhere(stage: () => { work: (on: DiskPort) => Promise<void>; check: () => void }) {
  for (let nth = 1; ; nth += 1) {
    for (const when of ['before', 'after'] as const) {
      const { work, check } = stage();
      const dead = await work(dyingDisk(nth, when)).then(
        () => 'done' as const,
        (error: unknown) => error,
      );
      if (dead === 'done') return nth - 1;
      expect(dead).toBeInstanceOf(Killed);
      await work(disk);
      check();
    }
  }
}
