// The user that apps run as. The user is checked once, at the start, by switching to the user.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Config } from './config.js';
import { refusalOf, type AppUser, type AppUserVerdict } from './contract/app-user.js';
import { SlipwayError } from './contract/errors.js';

const ANSWER_MS = 5_000;
const PROGRAM = fileURLToPath(new URL('keeper/app_user.py', import.meta.url));

/** Returns the ids for running a program as the user. A process that Node starts can have only one group. */
export const trialIds = ({ uid, groups: [gid = uid] }: AppUser): { uid: number; gid: number } => ({ uid, gid });

/** Returns true if the user can run a program. Runs the program to find out. */
export const canRun =
  (user: AppUser) =>
  (program: string): Promise<boolean> =>
    promisify(execFile)(program, ['--version'], { cwd: '/', env: {}, ...trialIds(user), timeout: ANSWER_MS }).then(
      () => true,
      () => false, // absent, or not executable for this user
    );

export async function examineAppUser(user: string, dataDir: string, python: string): Promise<AppUserVerdict> {
  const options = { cwd: '/', env: {}, timeout: ANSWER_MS };
  const { stdout } = await promisify(execFile)(python, ['-I', '-S', PROGRAM, user, dataDir], options);
  return JSON.parse(stdout) as AppUserVerdict;
}

/**
 * Returns the configured user, or undefined if none is set. In this case apps run as Slipway's own user. Throws
 * `start_failed` if apps can't run as the user.
 */
export async function resolveAppUser(
  { appUser, dataDir }: Pick<Config, 'appUser' | 'dataDir'>,
  python: string,
): Promise<AppUser | undefined> {
  if (appUser === undefined) return undefined;
  const verdict = await examineAppUser(appUser, dataDir, python);
  if (verdict.kind === 'usable') return verdict.user;
  throw new SlipwayError('start_failed', refusalOf(verdict, appUser, dataDir));
}
