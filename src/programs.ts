// Finds the programs that Slipway uses: on PATH, or in the folder of fetched tools.
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from './config.js';

/** Fetched tools are outside the checkout, so that other checkouts can use them. */
export const toolsDir = ({ cacheDir }: Pick<Config, 'cacheDir'>): string => `${cacheDir}/tools`;
/** The folder of programs from `go install`. */
export const toolsBin = (config: Pick<Config, 'cacheDir'>): string => `${toolsDir(config)}/bin`;
/** The virtual environment into which pip installs uv. */
export const uvVenv = (config: Pick<Config, 'cacheDir'>): string => `${toolsDir(config)}/uv`;

/** A program that is built once with Go, at a pinned version. */
export interface BuiltProgram {
  version: string;
  /** The file name of the program. */
  as: string;
}
export interface GoProgram extends BuiltProgram {
  /** The path for `go install`, without a version. */
  module: string;
}
/**
 * The server in the folder `temporal-server/` of this project. Its `go.sum` has the checksums of all modules. If the
 * source changes without a new version, change the name: existing programs aren't rebuilt.
 */
export const TEMPORAL_SERVER = { version: '1.29.1', as: 'slipway-temporal' };
export const TEMPORAL_SERVER_SOURCE = fileURLToPath(new URL('../temporal-server', import.meta.url));
/** The last release that `go install` supports: later releases have a replace directive. */
export const TEMPORAL_CLI: GoProgram = {
  module: 'github.com/temporalio/cli/cmd/temporal',
  version: '1.5.1',
  as: 'temporal',
};
/** Returns the path of a program that was built with Go. */
export const builtPath = (config: Pick<Config, 'cacheDir'>, { as, version }: BuiltProgram): string =>
  join(toolsDir(config), `${as}-${version}`, as);

/** Returns the path of a built program, or undefined if it hasn't been built. */
export async function builtProgram(
  config: Pick<Config, 'cacheDir'>,
  program: BuiltProgram,
): Promise<string | undefined> {
  const path = builtPath(config, program);
  return (await isExecutable(path)) ? path : undefined;
}

/** Temporal's Web UI. The source of this Go module contains its files. */
export const TEMPORAL_UI = {
  module: 'github.com/temporalio/ui-server/v2',
  version: '2.42.1',
  /** Go's checksum of all files. */
  sum: 'h1:ajeOxqCnUiCRQQhQYLxaT7wUgF/slqZJtdW4pLjVqCs=',
};
export const temporalUiArchive = (config: Pick<Config, 'cacheDir'>): string =>
  join(toolsDir(config), `temporal-ui-${TEMPORAL_UI.version}.zip`);

/** The settings that determine where programs are searched. */
export type Places = Pick<Config, 'hostEnvironment' | 'cacheDir'>;

/** Returns the absolute path of a program, or undefined if the host doesn't have it. */
export async function findProgram(name: string, config: Places, isUsable = isExecutable): Promise<string | undefined> {
  const path = (config.hostEnvironment.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  for (const folder of [...path, toolsBin(config), `${uvVenv(config)}/bin`]) {
    const candidate = join(folder, name);
    if (await isUsable(candidate)) return candidate;
  }
  return undefined;
}

export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false; // absent or not executable
  }
}

/** Returns the path of Temporal's own CLI, or undefined. */
export const findTemporalCli = async (config: Places): Promise<string | undefined> =>
  (await findProgram(TEMPORAL_CLI.as, config)) ?? builtProgram(config, TEMPORAL_CLI);
