// A copy of a release in the attempt's temporary folder: tools write where they read.
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
  /** To whoever works in it: before the first tool, and after what Slipway itself has changed there. */
  handOver: () => Promise<void>;
  /** As whom tools work there, and what they are told. */
  options: Pick<ToolOptions, 'cwd' | 'env' | 'user'>;
}

/** For an environment that its app can't write in: nothing of it may be a cache's, too, and nothing is compiled later. */
const OWN_USER_ENVIRONMENT = { UV_LINK_MODE: 'copy', UV_COMPILE_BYTECODE: '1' };

/** Anew, whatever an earlier try left of one. */
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

/** What tools say there, without the secrets that they are given. */
export function installLog(settings: HostSettings, input: Pick<CheckInput, 'deploymentId'> & InstallOf): LogTarget {
  const { toolEnvironment, given } = installSettings(settings, input);
  const masked = maskList([...passwordsIn(toolEnvironment), ...Object.values(given)]);
  return { deploymentId: input.deploymentId, step: 'install', masked };
}

export const checkLog: typeof installLog = (settings, input) => ({ ...installLog(settings, input), step: 'check' });
