// Where the programs are that Slipway uses: on PATH, else among the tools it fetched itself.
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Config } from './config.js';

/** Fetched tools are kept outside of any checkout, so that a second one is quick. */
export const toolsDir = ({ cacheDir }: Pick<Config, 'cacheDir'>): string => `${cacheDir}/tools`;
/** `go install` puts programs here. */
export const toolsBin = (config: Pick<Config, 'cacheDir'>): string => `${toolsDir(config)}/bin`;
/** uv comes by pip, in a virtual environment of its own. */
export const uvVenv = (config: Pick<Config, 'cacheDir'>): string => `${toolsDir(config)}/uv`;

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

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false; // absent, or not for us: either way it is not a program here
  }
}
