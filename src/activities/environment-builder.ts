// Builds an environment at its final path, once, even if the worker dies meanwhile.
import { join } from 'node:path';
import { SlipwayError } from '../contract/errors.js';
import { environmentDir, environmentLock } from '../contract/layout.js';
import type { InstallInput } from '../contract/steps.js';
import { createAppFolders } from './app-folders.js';
import { assertRoom, onDisk } from './disk-errors.js';
import { takingUp } from './environment-uses.js';
import { heartbeating } from './heartbeating.js';
import { mustBeIsolated } from './isolation.js';
import type { Ports } from './ports/index.js';
import { hasBinFolder } from './environment-test.js';
import type { ToolResult } from './ports/tools.js';
import { runLogged, sayInLog } from './run-logged.js';
import { withScratch } from './scratch.js';
import type { HostSettings } from './settings.js';
import { installLog, makeWorkingCopy } from './working-copy.js';

export type InstallPorts = Pick<Ports, 'disk' | 'parser' | 'tools' | 'logs' | 'python'>;

/** The tools of a mode's build. */
export interface Building {
  /** The environment's final path, where nothing exists yet. */
  environment: string;
  /**
   * A copy of the release, because build tools write into the tree. Slipway itself writes there before the first run.
   */
  copy: string;
  run: (argv: readonly string[], env?: Readonly<Record<string, string>>) => Promise<ToolResult>;
}

/** Written last: an environment without it is incomplete. */
const COMPLETE = '.complete';

export const isComplete = (disk: Ports['disk'], environment: string): Promise<boolean> =>
  disk.exists(join(environment, COMPLETE));

/**
 * Uses the environment if it is complete, and builds it otherwise. A complete environment is never built over: it was
 * tested when its key was chosen (see `environment-choice.ts`). All of this holds the environment's lock, because the
 * clean-up removes environments under the same lock (see `cleaning.ts`).
 */
export function buildEnvironment(
  ports: InstallPorts,
  settings: HostSettings,
  input: InstallInput,
  build: (building: Building) => Promise<void>,
): Promise<void> {
  const { layout } = settings;
  mustBeIsolated(settings, input);
  const folders = createAppFolders(ports.disk, settings);
  const environment = environmentDir(layout, input.environmentKey);
  const log = installLog(settings, input);
  return heartbeating((signal) =>
    onDisk(() =>
      withScratch(ports.disk, layout, input, () =>
        takingUp(
          ports,
          layout,
          input,
          async (lock) => {
            if (await isComplete(ports.disk, environment))
              return sayInLog(ports, log, 'nothing changed: the environment is there already');
            const { path, handOver, options } = await makeWorkingCopy(ports.disk, settings, input);
            const run: Building['run'] = async (argv, env) => {
              await handOver();
              return runLogged(ports, log, argv, { ...options, env: { ...options.env, ...env }, signal, lock });
            };
            await buildAnew(ports, { environment, copy: path, run }, (building) =>
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
 * Removes an incomplete environment. A complete one may belong to another release. If the lock is taken, perhaps for
 * minutes, this doesn't wait: the next build removes the rest first.
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

async function buildAnew(
  { disk }: InstallPorts,
  building: Building,
  build: (building: Building) => Promise<void>,
): Promise<void> {
  const { environment } = building;
  try {
    await disk.remove(environment); // left by a killed worker
    assertRoom(await disk.freeBytes(environment));
    await build(building);
    if (!(await hasBinFolder(disk, environment)))
      throw new SlipwayError('build_failed', { text: 'build_failed.no_bin' });
    await disk.writeAtomically(join(environment, COMPLETE), '');
  } catch (error) {
    await disk.remove(environment);
    throw error;
  }
}
