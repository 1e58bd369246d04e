// As whom a service's processes run, where apps have a user of their own.
//
// All have the same user, and each service has a group of its own: the kernel lets a process look into another only when
// user and group are the same, and a folder of that group (see `app-folders.ts`) is entered by that service's alone.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AppUser } from '../../contract/app-user.js';
import type { Layout } from '../../contract/layout.js';
import type { ProcessUser } from './process-user.js';

/** Numbers that nobody gives out: below them are those of containers, above them those of foreign disks. */
const FIRST_GROUP = 0x70000000;
const GROUPS_COUNT = 0x08000000;
/** Names that lead to one number are found by trial, in minutes each: more than a few in a row are no accident. */
const MOST_TRIES = 1000;

type Groups = Pick<Layout, 'groups'>;
const known = new Map<string, number>();

/**
 * The number of a service's group on this host: given once and kept in a file of its own, so that no other service, whatever
 * its name, ever gets it. Begins at a number made from the name, which is what earlier versions used.
 */
export function serviceGroup(at: Groups, service: string): number {
  const key = join(at.groups, service);
  const before = known.get(key);
  if (before !== undefined) return before;
  mkdirSync(at.groups, { recursive: true, mode: 0o700 });
  const first = preferredGroup(service);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const group = FIRST_GROUP + ((first - FIRST_GROUP + tries) % GROUPS_COUNT);
    if (ownerOf(join(at.groups, String(group)), service) !== service) continue;
    known.set(key, group);
    return group;
  }
  throw new Error(`no group number is free for the service ${service}`);
}

/** Undefined: as Slipway's own user. */
export const processUserOf = (
  { layout, appUser }: { layout: Groups; appUser?: AppUser },
  service: string,
): ProcessUser | undefined =>
  appUser && { uid: appUser.uid, gid: serviceGroup(layout, service), groups: appUser.groups };

/** For trying out what apps can run: in a group that no service has, as names are not empty. */
export const trialUserOf = (appUser: AppUser | undefined): ProcessUser | undefined =>
  appUser && { uid: appUser.uid, gid: preferredGroup(''), groups: appUser.groups };

/** Whose number it is, once `service` has tried to get it. An empty file, of a write that broke off, is nobody's. */
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
