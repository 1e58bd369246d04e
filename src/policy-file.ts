// Reads the policy file for the start, the API and `slipway doctor`, and checks who else can write it.
import { lstatSync, readlinkSync, statSync, type Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { policyFileSchema, type PolicyFile } from './contract/permissions.js';
import { translate } from './contract/texts.js';
import { check, reasonOf } from './contract/wrong-fields.js';

const ROOT = 0;
const GROUP_OR_OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/** Throws an error whose message says what is wrong. */
export async function readPolicyFile(path: string): Promise<PolicyFile> {
  // Reading a pipe or a device may never end.
  if (!(await stat(path)).isFile()) throw new Error(translate('field.regular_file', {}, 'en'));
  // In English, like all messages about settings.
  const checked = check(policyFileSchema, JSON.parse(await readFile(path, 'utf8')), 'en');
  if ('wrong' in checked) throw new Error(reasonOf(checked.wrong));
  return checked.value;
}

/**
 * Returns the file or the nearest parent folder that users other than `slipwayUid` and root can write. A user who can
 * write a folder can replace the file. Returns undefined if no other user can write, or if the file doesn't exist.
 */
export function writableByOthers(path: string, slipwayUid = process.getuid?.() ?? ROOT): string | undefined {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  return placesOf(path).find((place) => isForOthers(lstatSync(place), [slipwayUid, ROOT]));
}

/** Returns the file, its parent folders, and those of each link on the way: a changed link chooses another file. */
function placesOf(path: string): string[] {
  const places = upwards(path);
  const link = places.findLast((place) => lstatSync(place).isSymbolicLink());
  if (link === undefined) return places;
  const target = resolve(dirname(link), readlinkSync(link));
  return [...places, ...placesOf(join(target, relative(link, path)))];
}

function upwards(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [path] : [path, ...upwards(folder)];
}

/**
 * Returns true if others can write a path. A link's own mode doesn't matter, only its owner; its folder and target are
 * checked separately. In a sticky folder such as /tmp, users can't replace files of others.
 */
function isForOthers(stats: Stats, owners: readonly number[]): boolean {
  if (!owners.includes(stats.uid)) return true;
  if (stats.isSymbolicLink() || (stats.isDirectory() && (stats.mode & STICKY) !== 0)) return false;
  return (stats.mode & GROUP_OR_OTHERS_WRITE) !== 0;
}
