// Programs that are built once with Go, at a pinned version, and kept among the tools.
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { execa, ExecaError } from 'execa';
import type { Config } from '../../config.js';
import { builtPath, findProgram, toolsDir, type BuiltProgram, type GoProgram } from '../../programs.js';
import { withProgress } from '../terminal.js';

const SMALL = '-ldflags=-s -w';

/** Fetches a module and builds its program. Go checks the module against its checksum database. */
export function installWithGo(config: Config, program: GoProgram, what: string): Promise<string> {
  const { module, version } = program;
  return build(config, program, what, async (go, folder) => {
    await execa(go, ['install', SMALL, `${module}@v${version}`], { env: { GOBIN: folder } });
    return join(folder, basename(module));
  });
}

/** Builds the program in a folder of this project. Go checks what it fetches against the folder's `go.sum`. */
export function buildWithGo(config: Config, program: BuiltProgram, source: string, what: string): Promise<string> {
  return build(config, program, what, async (go, folder) => {
    const made = join(folder, program.as);
    await execa(go, ['build', '-mod=readonly', SMALL, '-o', made, '.'], { cwd: source });
    return made;
  });
}

/** Resolves with the program's path. A build that is ended in between leaves nothing that `builtProgram` takes. */
async function build(
  config: Config,
  program: BuiltProgram,
  what: string,
  make: (go: string, folder: string) => Promise<string>,
): Promise<string> {
  const go = await findProgram('go', config);
  if (go === undefined) throw new Error('Go is not on PATH');
  await mkdir(toolsDir(config), { recursive: true });
  const building = await mkdtemp(join(toolsDir(config), 'building-'));
  try {
    const made = await withProgress(what, () => make(go, building));
    const built = builtPath(config, program);
    await mkdir(dirname(built), { recursive: true });
    await rename(made, built);
    return built;
  } catch (error) {
    throw new Error(`the build with Go failed (${lastLineOf(error)})`, { cause: error });
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

function lastLineOf(error: unknown): string {
  const text = error instanceof ExecaError ? `${error.stderr}` : String(error);
  return text.trim().split('\n').at(-1) ?? '';
}
