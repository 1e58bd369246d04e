// The user and group of a service's processes, if apps have their own user.
//
// All services have the same user, and each has its own group. The kernel lets a process inspect another only if user
// and group are the same. Only the service's own processes can enter a folder of its group (see `app-folders.ts`).
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AppUser } from '../../contract/app-user.js';
import type { Layout } from '../../contract/layout.js';
import type { ProcessUser } from './process-user.js';

/** A range of numbers that no system assigns: containers use numbers below it, and foreign disks above it. */
const FIRST_GROUP = 0x70000000;
const GROUPS_COUNT = 0x08000000;
/**
 * The number of attempts. Finding a name with the same number takes minutes, so more than a few in a row are no
 * accident.
 */
const MOST_TRIES = 1000;

type Groups = Pick<Layout, 'groups'>;
const groupNumbers = new Map<string, number>();

/**
 * Returns the number of a service's group on this host. It is assigned once and stored in its own file, so no other
 * service ever gets it. The search starts at a number from the name, which earlier versions used.
 */
export function serviceGroup(at: Groups, service: string): number {
  const key = join(at.groups, service);
  const before = groupNumbers.get(key);
  if (before !== undefined) return before;
  mkdirSync(at.groups, { recursive: true, mode: 0o700 });
  const first = preferredGroup(service);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const group = FIRST_GROUP + ((first - FIRST_GROUP + tries) % GROUPS_COUNT);
    if (ownerOf(join(at.groups, String(group)), service) !== service) continue;
    groupNumbers.set(key, group);
    return group;
  }
  throw new Error(`no group number is free for the service ${service}`);
}

/** Returns undefined for Slipway's own user. */
export const processUserOf = (
  { layout, appUser }: { layout: Groups; appUser?: AppUser },
  service: string,
): ProcessUser | undefined =>
  appUser && { uid: appUser.uid, gid: serviceGroup(layout, service), groups: appUser.groups };

/** Returns a user to test programs for apps. No service has its group, because service names aren't empty. */
export const trialUserOf = (appUser: AppUser | undefined): ProcessUser | undefined =>
  appUser && { uid: appUser.uid, gid: preferredGroup(''), groups: appUser.groups };

/**
 * Returns the owner of a number, after `service` has tried to get it. An empty file, from an interrupted write, belongs
 * to no service.
 */
function ownerOf(path: string, service: string): string {
  try {
    writeFileSync(path, service, { flag: 'wx', mode: 0o600, flush: true });
    return service;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readFileSync(path, 'utf8');
  }
}

function preferredGroup(service: string): number {
  const digest = createHash('sha256').update(service).digest();
  return FIRST_GROUP + (digest.readUInt32BE(0) % GROUPS_COUNT);
}
