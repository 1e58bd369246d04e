// Tests whether an existing environment still works: its folder may have been moved or copied, or its interpreter
// removed. Builds and apps may have written in it, so it runs with the apps' user and is read without following links.
import { basename, dirname, join } from 'node:path';
import type { Ports } from './ports/index.js';
import { processUserOf } from './ports/service-group.js';
import type { HostSettings } from './settings.js';

/** More than the first two lines of a script that an installer writes. */
const HEAD_BYTES = 16 * 1024;
/**
 * The largest exit code of an interpreter's failure, or of a shell that can't run a program. Larger codes are signals,
 * which don't show the cause.
 */
const LARGEST_FAILURE = 127;
/** Matches `#!/…/python`, or the shell form that installers use for long paths. */
const INTERPRETER = /^(?:#!|''')(?:exec' )?"?(\/[^"\n]*\/python[\d.]*)"?/m;

/**
 * Returns the reason why an environment doesn't work, as text for the log, or undefined if it works. `service` is the
 * service whose apps will use it.
 */
export async function faultOf(
  { disk, tools }: Pick<Ports, 'disk' | 'tools'>,
  settings: HostSettings,
  { environment, service }: { environment: string; service: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!(await hasBinFolder(disk, environment))) return 'its bin is no folder';
  const user = processUserOf(settings, service);
  // -S: without code of installed packages
  const argv = [join(environment, 'bin', 'python'), '-I', '-S', '-c', ''];
  const options = { cwd: '/', env: { ...settings.toolEnvironment }, ...(user && { user }), signal };
  const { exitCode } = await tools.run(argv, options);
  if (exitCode !== 0 && exitCode <= LARGEST_FAILURE) return 'its interpreter does not run';
  const foreign = await foreignInterpreter(disk, environment);
  return foreign === undefined ? undefined : `its programs are run by ${foreign}`;
}

/** Returns true if bin is a folder. A build may have replaced it with a link to any place. */
export const hasBinFolder = async (disk: Ports['disk'], environment: string): Promise<boolean> =>
  (await disk.kindOf(join(environment, 'bin'))) === 'folder';

/**
 * Returns the interpreter of another folder. Scripts name the interpreter by path, so the first of them shows whether
 * the environment was moved.
 */
async function foreignInterpreter(disk: Ports['disk'], environment: string): Promise<string | undefined> {
  const bin = join(environment, 'bin');
  const named = await disk.findInHeads(bin, HEAD_BYTES, (head) => interpreterIn(head, environment));
  if (named === undefined) return undefined;
  const [wanted, own] = await Promise.all([disk.realPath(dirname(named)), disk.realPath(bin)]);
  return wanted === own ? undefined : named;
}

/**
 * Returns the interpreter if it is of an environment of this name. Other interpreters (`/usr/bin/python3`) are a
 * package's own choice.
 */
function interpreterIn(head: string, environment: string): string | undefined {
  const named = INTERPRETER.exec(firstLines(head))?.[1];
  return named !== undefined && basename(dirname(dirname(named))) === basename(environment) ? named : undefined;
}

const firstLines = (text: string): string => text.split('\n', 2).join('\n');
