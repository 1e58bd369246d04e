// As whom a service's processes run, where apps have a user of their own. Pure.
//
// All have the same user, and each service has a group of its own: the kernel lets a process look into another only when
// user and group are the same, and a folder of that group (see `app-folders.ts`) is entered by that service's alone.
import { createHash } from 'node:crypto';
import type { AppUser } from '../contract/app-user.js';
import type { ProcessUser } from './ports/process-user.js';

/** Numbers that nobody gives out: below them are those of containers, above them those of foreign disks. */
const SERVICE_GROUPS = 0x70000000;
const SERVICE_GROUPS_COUNT = 0x08000000;

export function serviceGroup(service: string): number {
  const digest = createHash('sha256').update(service).digest();
  return SERVICE_GROUPS + (digest.readUInt32BE(0) % SERVICE_GROUPS_COUNT);
}

/** Undefined: as Slipway's own user. */
export const processUserOf = (user: AppUser | undefined, service: string): ProcessUser | undefined =>
  user && { uid: user.uid, gid: serviceGroup(service), groups: user.groups };
