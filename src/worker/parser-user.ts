// Chooses the user of the process that reads projects: the apps' user, if that user can run it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import type { ProcessUser } from '../activities/ports/process-user.js';
import { trialUserOf } from '../activities/ports/service-group.js';
import { trialIds } from '../app-user.js';
import type { AppUser } from '../contract/app-user.js';

/** The time limit of a trial run. It starts in a tenth of a second. */
const ANSWER_MS = 5_000;

export async function parserUserOf(
  appUser: AppUser | undefined,
  script: string,
  log: Logger,
): Promise<ProcessUser | undefined> {
  if (appUser === undefined) return undefined;
  if (await canRunIt(appUser, script)) return trialUserOf(appUser);
  log.warn(
    { user: appUser.name, script },
    'project files are read with limits, but as Slipway’s own user: the user of apps can’t run Node or Slipway’s files',
  );
  return undefined;
}

/** Runs the script to check this: Node or Slipway may be in a home folder that is closed to that user. */
function canRunIt(user: AppUser, script: string): Promise<boolean> {
  const options = { cwd: '/', env: {}, ...trialIds(user), timeout: ANSWER_MS };
  return promisify(execFile)(process.execPath, [script, '--version'], options).then(
    () => true,
    () => false, // the failure is the result
  );
}
