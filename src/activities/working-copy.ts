// A copy of a release in the attempt's temporary folder, because tools write where they read.
import { passwordsIn } from '../masking.js';
import { join } from 'node:path';
import { releaseDir, serviceHome, temporaryDir } from '../contract/layout.js';
import type { CheckInput } from '../contract/steps.js';
import { maskList } from '../secrets.js';
import { createAppFolders } from './app-folders.js';
import { installSettings, type InstallOf } from './install-settings.js';
import type { DiskPort } from './ports/disk-port.js';
import type { ToolOptions } from './ports/tools.js';
import type { LogTarget } from './run-logged.js';
import { toolsTemporary } from './scratch.js';
import { processUserOf } from './ports/service-group.js';
import type { HostSettings } from './settings.js';

export interface WorkingCopy {
  path: string;
  /**
   * Gives the copy to the user that works in it. Called before the first tool, and after Slipway itself has changed
   * files.
   */
  handOver: () => Promise<void>;
  /** The user and environment of the tools. */
  options: Pick<ToolOptions, 'cwd' | 'env' | 'user'>;
}

/**
 * The settings for an environment that its app can't write: files are copied from the cache instead of linked, and
 * compiled during the install.
 */
const OWN_USER_ENVIRONMENT = { UV_LINK_MODE: 'copy', UV_COMPILE_BYTECODE: '1' };

/** Creates the copy, and removes the copy of an earlier attempt. */
export async function makeWorkingCopy(
  disk: DiskPort,
  settings: HostSettings,
  attempt: Pick<CheckInput, 'deploymentId' | 'attempt'> & InstallOf,
): Promise<WorkingCopy> {
  const { layout, toolEnvironment } = installSettings(settings, attempt);
  const { service, deploymentId } = attempt;
  const folders = createAppFolders(disk, settings);
  const path = join(temporaryDir(layout, deploymentId, attempt.attempt), service);
  await folders.openForInstall(attempt);
  await disk.remove(path);
  await disk.copyTree(releaseDir(layout, service, deploymentId), path);
  const temporary = await toolsTemporary(disk, layout, attempt);
  const user = processUserOf(settings, service);
  const own = user && { ...OWN_USER_ENVIRONMENT, HOME: serviceHome(layout, service) };
  return {
    path,
    async handOver() {
      for (const folder of [temporary.TMPDIR, path]) await folders.handOver(service, folder);
    },
    options: {
      cwd: join(path, attempt.release.folder ?? '.'),
      env: { ...toolEnvironment, ...temporary, ...own },
      ...(user && { user }),
    },
  };
}

/** Returns the log of the tools, with their secrets masked. */
export function installLog(settings: HostSettings, input: Pick<CheckInput, 'deploymentId'> & InstallOf): LogTarget {
  const { toolEnvironment, given } = installSettings(settings, input);
  const masked = maskList([...passwordsIn(toolEnvironment), ...Object.values(given)]);
  return { deploymentId: input.deploymentId, step: 'install', masked };
}

export const checkLog: typeof installLog = (settings, input) => ({ ...installLog(settings, input), step: 'check' });
