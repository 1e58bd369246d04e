// The file of policies, as the start, the API and `slipway doctor` look at it: what is in it, and who else could write it.
import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { policyFileSchema, type PolicyFile } from './contract/permissions.js';
import { say } from './contract/texts.js';
import { check, reasonOf } from './contract/wrong-fields.js';

const ROOT = 0;
const GROUP_OR_OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/** Throws an error whose message says what is wrong. */
export async function readPolicyFile(path: string): Promise<PolicyFile> {
  // A read of a pipe or a device may never end.
  if (!(await stat(path)).isFile()) throw new Error(say('field.regular_file', {}, 'en'));
  const checked = check(policyFileSchema, JSON.parse(await readFile(path, 'utf8')), 'en'); // as of any other setting
  if ('wrong' in checked) throw new Error(reasonOf(checked.wrong));
  return checked.value;
}

/**
 * The file, or the nearest folder above it, that somebody other than `slipwayUid` and root may write. Whoever writes a
 * folder can put another file in the place of this one. Undefined where there is none, or no file.
 */
export function writableByOthers(path: string, slipwayUid = process.getuid?.() ?? ROOT): string | undefined {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const places = [...upwards(path), ...upwards(realpathSync(path))];
  return places.find((place) => isForOthers(lstatSync(place), [slipwayUid, ROOT]));
}

function upwards(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [path] : [path, ...upwards(folder)];
}

/**
 * A link is as its folder and as what it leads to; only its owner counts. In a sticky folder such as /tmp nobody can replace
 * what others own, and the owner of what lies in it is looked at by itself.
 */
function isForOthers(stats: Stats, owners: readonly number[]): boolean {
  if (!owners.includes(stats.uid)) return true;
  if (stats.isSymbolicLink() || (stats.isDirectory() && (stats.mode & STICKY) !== 0)) return false;
  return (stats.mode & GROUP_OR_OTHERS_WRITE) !== 0;
}
