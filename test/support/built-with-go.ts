// Programs that production has in images, built once with Go for the tests, and kept among the tools.
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Config } from '../../src/config.js';
import { findProgram, toolsDir } from '../../src/programs.js';
import { withProgress } from '../../src/start/terminal.js';

interface Recipe {
  name: string;
  /** As in docker-compose.yml. */
  version: string;
  /** What `go install` takes, and the name that the program has in its image. */
  programs: { module: string; as: string }[];
  /** Below the module: then it is built from a copy, as `go install` refuses a module with replace directives. */
  inCopy?: string;
}

export const TEMPORAL_SERVER: Recipe = {
  name: 'temporal-server-and-schema', // beside the folder that Slipway itself builds the server in
  version: '1.29.1',
  programs: [
    { module: 'go.temporal.io/server/cmd/server', as: 'temporal-server' },
    { module: 'go.temporal.io/server/cmd/tools/sql', as: 'temporal-sql-tool' },
  ],
};

/** For machines whose Docker client comes without it. */
export const COMPOSE: Recipe = {
  name: 'docker-compose',
  version: '2.39.4',
  programs: [{ module: 'github.com/docker/compose/v2', as: 'docker-compose' }],
  inCopy: './cmd',
};

/** The folder that holds the programs. */
export async function builtWithGo(config: Config, recipe: Recipe): Promise<string> {
  const { name, version, programs } = recipe;
  const folder = join(toolsDir(config), `${name}-${version}`);
  if (existsSync(folder)) return folder;
  const go = await findProgram('go', config);
  if (go === undefined) throw new Error(`${name} is built with Go, which is not on PATH: install it, then try again`);
  mkdirSync(toolsDir(config), { recursive: true });
  const made = mkdtempSync(join(toolsDir(config), 'building-'));
  await withProgress(`Building ${name} ${version} with Go (once, about 2 minutes)`, async () => {
    for (const program of programs) await build(go, made, recipe, program);
  });
  renameSync(made, folder);
  return folder;
}

async function build(
  go: string,
  made: string,
  { version, inCopy }: Recipe,
  { module, as }: Recipe['programs'][number],
): Promise<void> {
  const flags = '-ldflags=-s -w';
  const program = join(made, as);
  if (inCopy === undefined) {
    await execa(go, ['install', flags, `${module}@v${version}`], { env: { GOBIN: made } });
    renameSync(join(made, module.split('/').at(-1)!), program);
    return;
  }
  const copy = `${made}-source`;
  cpSync(await moduleFolder(go, module, version), copy, { recursive: true });
  await execa('chmod', ['-R', 'u+w', copy]); // Go keeps modules read-only
  await execa(go, ['build', flags, '-o', program, inCopy], { cwd: copy });
  rmSync(copy, { recursive: true });
}

/** Where Go keeps the module's source, fetched when it is not there yet. */
async function moduleFolder(go: string, module: string, version: string): Promise<string> {
  const { stdout } = await execa(go, ['mod', 'download', '-json', `${module}@v${version}`]);
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}
