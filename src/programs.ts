// Where the programs are that Slipway uses: on PATH, else among the tools it fetched itself.
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from './config.js';

/** Fetched tools are kept outside of any checkout, so that a second one is quick. */
export const toolsDir = ({ cacheDir }: Pick<Config, 'cacheDir'>): string => `${cacheDir}/tools`;
/** `go install` puts programs here. */
export const toolsBin = (config: Pick<Config, 'cacheDir'>): string => `${toolsDir(config)}/bin`;
/** uv comes by pip, in a virtual environment of its own. */
export const uvVenv = (config: Pick<Config, 'cacheDir'>): string => `${toolsDir(config)}/uv`;

/** A program that is built once with Go, at a pinned version. */
export interface BuiltProgram {
  version: string;
  /** The name that the program gets. */
  as: string;
}
export interface GoProgram extends BuiltProgram {
  /** As `go install` takes it, without its version. */
  module: string;
}
/**
 * The folder `temporal-server/` of this project. Its `go.sum` holds the checksum of each module that it is made of. Another
 * source of the same version needs another name, as a program that is there is not built again.
 */
export const TEMPORAL_SERVER = { version: '1.29.1', as: 'slipway-temporal' };
export const TEMPORAL_SERVER_SOURCE = fileURLToPath(new URL('../temporal-server', import.meta.url));
/** The last release that `go install` takes: later ones carry a replace directive. */
export const TEMPORAL_CLI: GoProgram = {
  module: 'github.com/temporalio/cli/cmd/temporal',
  version: '1.5.1',
  as: 'temporal',
};
/** Where a program that was built with Go is kept. */
export const builtPath = (config: Pick<Config, 'cacheDir'>, { as, version }: BuiltProgram): string =>
  join(toolsDir(config), `${as}-${version}`, as);

/** Undefined while it has not been built. */
export async function builtProgram(
  config: Pick<Config, 'cacheDir'>,
  program: BuiltProgram,
): Promise<string | undefined> {
  const path = builtPath(config, program);
  return (await isExecutable(path)) ? path : undefined;
}

/** Temporal's Web UI: the source of this Go module holds its files as they are served. */
export const TEMPORAL_UI = {
  module: 'github.com/temporalio/ui-server/v2',
  version: '2.42.1',
  /** As Go computes it of all files. */
  sum: 'h1:ajeOxqCnUiCRQQhQYLxaT7wUgF/slqZJtdW4pLjVqCs=',
};
export const temporalUiArchive = (config: Pick<Config, 'cacheDir'>): string =>
  join(toolsDir(config), `temporal-ui-${TEMPORAL_UI.version}.zip`);

/** Where programs are looked for. */
export type Places = Pick<Config, 'hostEnvironment' | 'cacheDir'>;

/** Absolute path of a program, or undefined when the host does not have it. */
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
    return false; // absent, or not for us: either way it is not a program here
  }
}

/** Temporal's own command line, where the host has it. */
export const findTemporalCli = async (config: Places): Promise<string | undefined> =>
  (await findProgram(TEMPORAL_CLI.as, config)) ?? builtProgram(config, TEMPORAL_CLI);
