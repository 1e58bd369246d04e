// When each key was used last: the time of a file of its own. Apart from the keys, whose folder is read again at a change.
import { closeSync, mkdirSync, openSync, utimesSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ifThere } from '../files.js';

/** A key in use costs one write of a file's time in so long, however often it is used. */
const PRECISION_MS = 60_000;

export interface KeyUses {
  /** Of a key that let somebody in. Never fails: a full disk must not lock out who could free it. */
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
      notedAtMs.set(id, nowMs); // before the try: a disk that fails is not asked at each call
      try {
        touch(fileOf(id));
      } catch {
        return; // the list shows the use before this one
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
