// Stores when each key was last used, as the modification time of one file per key. The files aren't in the keys'
// folder, because a change in that folder causes all keys to be read again.
import { closeSync, mkdirSync, openSync, utimesSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ifThere } from '../files.js';

/** The minimum time between two writes for a key. */
const PRECISION_MS = 60_000;

export interface KeyUses {
  /** Records a use of a valid key. Never throws: with a full disk, administrators must still be able to log in. */
  note(id: string): void;
  latest(id: string): Promise<{ last_used_at?: string }>;
  forget(id: string): Promise<void>;
}

export function openKeyUses(folder: string): KeyUses {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const notedAtMs = new Map<string, number>();
  const fileOf = (id: string): string => join(folder, id);
  return {
    note(id) {
      const nowMs = Date.now();
      if (nowMs - (notedAtMs.get(id) ?? 0) < PRECISION_MS) return;
      notedAtMs.set(id, nowMs); // set before the write, so that a failing disk isn't accessed on each call
      try {
        touch(fileOf(id));
      } catch {
        return; // the list then shows the previous use
      }
    },
    async latest(id) {
      const at = (await ifThere(stat(fileOf(id))))?.mtime;
      return at === undefined ? {} : { last_used_at: at.toISOString() };
    },
    async forget(id) {
      notedAtMs.delete(id);
      await rm(fileOf(id), { force: true });
    },
  };
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    closeSync(openSync(path, 'a', 0o600));
  }
}
