// The user that apps run as: looked at once, at the start, by really becoming it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Config } from './config.js';
import { refusalOf, type AppUser, type AppUserVerdict } from './contract/app-user.js';
import { SlipwayError } from './contract/errors.js';

const ANSWER_MS = 5_000;
const PROGRAM = fileURLToPath(new URL('keeper/app_user.py', import.meta.url));

/** As whom a program is tried, to see whether the user can run it: of its groups a process started by Node has only one. */
export const trialIds = ({ uid, groups: [gid = uid] }: AppUser): { uid: number; gid: number } => ({ uid, gid });

/** Whether the user can run a program: by running it. */
export const canRun =
  (user: AppUser) =>
  (program: string): Promise<boolean> =>
    promisify(execFile)(program, ['--version'], { cwd: '/', env: {}, ...trialIds(user), timeout: ANSWER_MS }).then(
      () => true,
      () => false, // absent, or not for that user: that is the answer
    );

export async function examineAppUser(user: string, dataDir: string, python: string): Promise<AppUserVerdict> {
  const options = { cwd: '/', env: {}, timeout: ANSWER_MS };
  const { stdout } = await promisify(execFile)(python, ['-I', '-S', PROGRAM, user, dataDir], options);
  return JSON.parse(stdout) as AppUserVerdict;
}

/** Undefined when none is set: then apps run as Slipway's own. */
export async function resolveAppUser(
  { appUser, dataDir }: Pick<Config, 'appUser' | 'dataDir'>,
  python: string,
): Promise<AppUser | undefined> {
  if (appUser === undefined) return undefined;
  const verdict = await examineAppUser(appUser, dataDir, python);
  if (verdict.kind === 'usable') return verdict.user;
  throw new SlipwayError('start_failed', refusalOf(verdict, appUser, dataDir));
}
