// Whether an environment that is there still works: its folder may have been moved or copied, its interpreter removed.
// Builds and apps may have written in it: it is run as they are, and read without following links.
import { basename, dirname, join } from 'node:path';
import type { Ports } from './ports/index.js';
import { processUserOf } from './ports/service-group.js';
import type { HostSettings } from './settings.js';

/** More than the first two lines of a script that an installer writes. */
const HEAD_BYTES = 16 * 1024;
/** A shell's word that a program can't be run, or the interpreter's own failure; above stand signals, which say nothing of it. */
const LARGEST_FAILURE = 127;
/** `#!/…/python`, or for long paths what the shell makes of it. */
const INTERPRETER = /^(?:#!|''')(?:exec' )?"?(\/[^"\n]*\/python[\d.]*)"?/m;

/** Why it doesn't, in words of the log; undefined where it does. The service is the one whose apps are to use it. */
export async function faultOf(
  { disk, tools }: Pick<Ports, 'disk' | 'tools'>,
  settings: HostSettings,
  { environment, service }: { environment: string; service: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!(await hasBinFolder(disk, environment))) return 'its bin is no folder';
  const user = processUserOf(settings, service);
  // -S: no code of what is installed
  const argv = [join(environment, 'bin', 'python'), '-I', '-S', '-c', ''];
  const options = { cwd: '/', env: { ...settings.toolEnvironment }, ...(user && { user }), signal };
  const { exitCode } = await tools.run(argv, options);
  if (exitCode !== 0 && exitCode <= LARGEST_FAILURE) return 'its interpreter does not run';
  const foreign = await foreignInterpreter(disk, environment);
  return foreign === undefined ? undefined : `its programs are run by ${foreign}`;
}

/** Whether bin is a folder. A build may have put a link there, and what lies behind it is anybody's. */
export const hasBinFolder = async (disk: Ports['disk'], environment: string): Promise<boolean> =>
  (await disk.kindOf(join(environment, 'bin'))) === 'folder';

/** Scripts name the interpreter by its path. The first script that does shows whether the path is still in this folder. */
async function foreignInterpreter(disk: Ports['disk'], environment: string): Promise<string | undefined> {
  const bin = join(environment, 'bin');
  const named = await disk.findInHeads(bin, HEAD_BYTES, (head) => interpreterIn(head, environment));
  if (named === undefined) return undefined;
  const [wanted, own] = await Promise.all([disk.realPath(dirname(named)), disk.realPath(bin)]);
  return wanted === own ? undefined : named;
}

/** Of an environment of this name. Others (`/usr/bin/python3`) are a package's own wish. */
function interpreterIn(head: string, environment: string): string | undefined {
  const named = INTERPRETER.exec(firstLines(head))?.[1];
  return named !== undefined && basename(dirname(dirname(named))) === basename(environment) ? named : undefined;
}

const firstLines = (text: string): string => text.split('\n', 2).join('\n');
