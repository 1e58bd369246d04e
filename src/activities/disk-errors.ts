import { SlipwayError } from '../contract/errors.js';
import { isDiskFull } from '../files.js';

/** A disk without room for this much is full: an install would fail in its middle. */
const FLOOR_BYTES = 200 * 1024 ** 2;
const MIB = 1024 ** 2;

/** Runs work on the disk; a full one is told as such, whatever was being written. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isDiskFull(error) ? diskFull(error) : error;
  }
}

export const diskFull = (cause: unknown, logTail: string[] = []): SlipwayError =>
  new SlipwayError('disk_full', { params: { reason: 'ENOSPC' }, cause, logTail });

/** Refuses to begin what a nearly full disk would break off. */
export function assertRoom(freeBytes: number): void {
  if (freeBytes >= FLOOR_BYTES) return;
  const params = { free: Math.floor(freeBytes / MIB), needed: FLOOR_BYTES / MIB };
  throw new SlipwayError('disk_full', { text: 'disk_full.floor', params });
}
