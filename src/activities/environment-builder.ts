// Builds an environment at its final path, once, whatever dies on the way (architecture §6).
import { join } from 'node:path';
import { environmentDir, environmentLock, releaseDir, serviceHome, temporaryDir } from '../contract/layout.js';
import { passwordsIn } from '../contract/tool-environment.js';
import type { InstallInput } from '../contract/steps.js';
import { maskList } from '../secrets.js';
import { createAppFolders } from './app-folders.js';
import { assertRoom, onDisk } from './disk-errors.js';
import { heartbeating } from './heartbeating.js';
import type { Ports } from './ports/index.js';
import type { ToolOptions, ToolResult } from './ports/tools.js';
import { appOf } from './process-user.js';
import { runLogged, sayInLog, type LogTarget } from './run-logged.js';
import { toolsTemporary, withScratch } from './scratch.js';
import type { HostSettings } from './settings.js';

export type InstallPorts = Pick<Ports, 'disk' | 'tools' | 'logs' | 'python'>;

/** What one mode builds with. */
export interface Building {
  /** The environment's final path: nothing is there yet. */
  environment: string;
  /** A copy of the release: build tools write into the tree that they build from. Slipway itself does so before the first run. */
  copy: string;
  run: (argv: readonly string[], env?: Readonly<Record<string, string>>) => Promise<ToolResult>;
}

/** Written last: an environment without it is not one. */
const COMPLETE = '.complete';

/** For an environment that its app can't write in: nothing of it may be a cache's, too, and nothing is compiled later. */
const OWN_USER_ENVIRONMENT = { UV_LINK_MODE: 'copy', UV_COMPILE_BYTECODE: '1' };

export const isComplete = (disk: Ports['disk'], environment: string): Promise<boolean> =>
  disk.exists(join(environment, COMPLETE));

/**
 * Under the environment's lock: takes what is there when it is complete, else builds it anew. Also only to look: the
 * clean-up may be about to take it away, and does so under this lock (see `cleaning.ts`).
 */
export function buildEnvironment(
  ports: InstallPorts,
  settings: HostSettings,
  input: InstallInput,
  build: (building: Building) => Promise<void>,
): Promise<void> {
  const { layout } = settings;
  const folders = createAppFolders(ports.disk, settings);
  const environment = environmentDir(layout, input.environmentKey);
  const log = installLog(settings, input);
  const isThere = async (): Promise<boolean> => {
    const complete = await isComplete(ports.disk, environment);
    if (complete) await sayInLog(ports, log, 'nothing changed: the environment is there already');
    return complete;
  };
  return heartbeating((signal) =>
    onDisk(() =>
      withScratch(ports.disk, layout, input, () =>
        ports.tools.withLock(
          environmentLock(layout, input.environmentKey),
          async (lock) => {
            if (await isThere()) return;
            const copy = await makeCopy(ports, settings, input);
            const { prepare, options } = await installing(ports, settings, input, copy);
            const run: Building['run'] = async (argv, env) => {
              await prepare();
              return runLogged(ports, log, argv, { ...options, env: { ...options.env, ...env }, signal, lock });
            };
            await buildAnew(ports, { environment, copy, run }, (building) =>
              folders.whileBuilding(input.service, environment, () => build(building)),
            );
          },
          signal,
        ),
      ),
    ),
  );
}

/**
 * Removes an environment that was left unfinished; a finished one may be another release's, too. Nobody waits for whom
 * the lock is held by, perhaps for minutes: who builds an environment first removes what was left of it.
 */
export async function discardUnfinished(
  { disk, tools }: InstallPorts,
  { layout }: HostSettings,
  key: string,
): Promise<void> {
  const environment = environmentDir(layout, key);
  const discard = async (): Promise<void> => {
    if (!(await isComplete(disk, environment))) await disk.remove(environment);
  };
  await heartbeating((signal) => tools.ifFree(environmentLock(layout, key), discard, signal));
}

/** How tools work in a copy of a release: as whom, and what they are told. `prepare` comes before the first of them. */
export async function installing(
  { disk }: Pick<InstallPorts, 'disk'>,
  settings: HostSettings,
  input: Pick<InstallInput, 'deploymentId' | 'service' | 'attempt'>,
  copy: string,
): Promise<{ prepare: () => Promise<void>; options: Pick<ToolOptions, 'cwd' | 'env' | 'user'> }> {
  const { layout, appUser, toolEnvironment } = settings;
  const folders = createAppFolders(disk, settings);
  const temporary = await toolsTemporary(disk, layout, input);
  const user = appOf(appUser, input.service);
  const own = user && { ...OWN_USER_ENVIRONMENT, HOME: serviceHome(layout, input.service) };
  const env = { ...toolEnvironment, ...temporary, ...own };
  return {
    async prepare() {
      for (const path of [temporary.TMPDIR, copy]) await folders.handOver(input.service, path);
    },
    options: { cwd: copy, env, ...(user && { user }) },
  };
}

/** A copy of a release in the attempt's temporary folder, for tools that write where they read. */
export async function makeCopy(
  { disk }: InstallPorts,
  settings: HostSettings,
  { deploymentId, service, attempt }: Pick<InstallInput, 'deploymentId' | 'service' | 'attempt'>,
): Promise<string> {
  const { layout } = settings;
  await createAppFolders(disk, settings).openForInstall({ deploymentId, service, attempt });
  const copy = join(temporaryDir(layout, deploymentId, attempt), service);
  await disk.remove(copy);
  await disk.copyTree(releaseDir(layout, service, deploymentId), copy);
  return copy;
}

export function installLog(
  { toolEnvironment }: HostSettings,
  { deploymentId }: Pick<InstallInput, 'deploymentId'>,
): LogTarget {
  return { deploymentId, step: 'install', masked: maskList(passwordsIn(toolEnvironment)) };
}

async function buildAnew(
  { disk }: InstallPorts,
  building: Building,
  build: (building: Building) => Promise<void>,
): Promise<void> {
  const { environment } = building;
  try {
    await disk.remove(environment); // what a killed worker left
    assertRoom(await disk.freeBytes(environment));
    await build(building);
    await disk.writeAtomically(join(environment, COMPLETE), '');
  } catch (error) {
    await disk.remove(environment);
    throw error;
  }
}
