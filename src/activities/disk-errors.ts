import { SlipwayError } from '../contract/errors.js';
import { isDiskFull } from '../files.js';

/** The free space below which a disk counts as full, because an install would fail halfway. */
export const FLOOR_BYTES = 200 * 1024 ** 2;
const MIB = 1024 ** 2;

/** Runs work on the disk. A full disk becomes a `disk_full` error, whatever was being written. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isDiskFull(error) ? diskFull(error) : error;
  }
}

export const diskFull = (cause: unknown, logTail: string[] = []): SlipwayError =>
  new SlipwayError('disk_full', { params: { reason: 'ENOSPC' }, cause, logTail });

/** Throws if the disk is so full that work would fail halfway. */
export function assertRoom(freeBytes: number): void {
  if (freeBytes >= FLOOR_BYTES) return;
  const params = { free: Math.floor(freeBytes / MIB), needed: FLOOR_BYTES / MIB };
  throw new SlipwayError('disk_full', { text: 'disk_full.floor', params });
}
