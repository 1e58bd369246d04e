// Whether an environment that is there still works: its folder may have been moved or copied, its interpreter removed.
import { basename, dirname, join } from 'node:path';
import type { Ports } from './ports/index.js';
import { trialUserOf } from './ports/service-group.js';
import type { HeldLock } from './ports/tools.js';
import type { HostSettings } from './settings.js';

/** Scripts that installers write are shorter; larger ones are programs. */
const SCRIPT_BYTES = 64 * 1024;
/** A shell's word that a program can't be run, or the interpreter's own failure; above stand signals, which say nothing of it. */
const LARGEST_FAILURE = 127;
/** `#!/…/python`, or for long paths what the shell makes of it. */
const INTERPRETER = /^(?:#!|''')(?:exec' )?"?(\/[^"\n]*\/python[\d.]*)"?/m;

/** Why it doesn't, in words of the log; undefined where it does. */
export async function faultOf(
  { disk, tools }: Pick<Ports, 'disk' | 'tools'>,
  settings: HostSettings,
  environment: string,
  held: { lock: HeldLock; signal: AbortSignal },
): Promise<string | undefined> {
  const user = trialUserOf(settings.appUser);
  // -S: no code of what is installed
  const argv = [join(environment, 'bin', 'python'), '-I', '-S', '-c', ''];
  const options = { cwd: '/', env: { ...settings.toolEnvironment }, ...(user && { user }), ...held };
  const { exitCode } = await tools.run(argv, options);
  if (exitCode !== 0 && exitCode <= LARGEST_FAILURE) return 'its interpreter does not run';
  const foreign = await foreignInterpreter(disk, environment);
  return foreign === undefined ? undefined : `its programs are run by ${foreign}`;
}

/** Scripts name the interpreter by its path. The first script that does shows whether the path is still in this folder. */
async function foreignInterpreter(disk: Ports['disk'], environment: string): Promise<string | undefined> {
  const bin = join(environment, 'bin');
  for (const { name, isUtf8, kind } of await disk.list(bin)) {
    const path = join(bin, name);
    if (kind !== 'file' || !isUtf8 || (await disk.fileFacts(path)).bytes > SCRIPT_BYTES) continue;
    const named = INTERPRETER.exec(firstLines(await disk.readText(path)))?.[1];
    if (named === undefined || !isOfThisName(named, environment)) continue;
    const [wanted, own] = await Promise.all([disk.realPath(dirname(named)), disk.realPath(bin)]);
    return wanted === own ? undefined : named;
  }
  return undefined;
}

/** Others (`/usr/bin/python3`) are a package's own wish. */
const isOfThisName = (interpreter: string, environment: string): boolean =>
  basename(dirname(dirname(interpreter))) === basename(environment);

const firstLines = (text = ''): string => text.split('\n', 2).join('\n');
