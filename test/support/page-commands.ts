// Runs the shell commands of a page of documentation against a Slipway of a test.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT, type Slipway } from './slipway.js';

/** The blocks of a page that are marked `sh`, in their order. */
export function commandsOf(page: string): string[] {
  const text = readFileSync(join(PROJECT, page), 'utf8');
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!.trim());
}

/** The home folder of the page's reader. */
export function readerHome(slipway: Slipway): string {
  const home = join(slipway.home, 'reader');
  mkdirSync(home, { recursive: true });
  return home;
}

/** Runs a block in the clone, with the address and the data folder of this Slipway. Rejects if a command fails. */
export async function runCommand(slipway: Slipway, block: string, variables: NodeJS.ProcessEnv = {}): Promise<string> {
  const here = block.replaceAll('http://127.0.0.1:8088', slipway.url).replaceAll('.slipway/', `${slipway.dataDir}/`);
  const env = { ...process.env, SLIPWAY_DATA_DIR: slipway.dataDir, HOME: readerHome(slipway), LANG: 'C', ...variables };
  const { stdout } = await promisify(execFile)('bash', ['-e', '-o', 'pipefail', '-c', here], { cwd: PROJECT, env });
  return stdout;
}
