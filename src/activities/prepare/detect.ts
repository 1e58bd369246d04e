// Detects the kind of a project and its start command, from its file names and a few small files. Pure.
import { SlipwayError } from '../../contract/errors.js';
import type { StartRequest } from '../../contract/requests.js';
import { LONGEST_COMMAND } from '../../contract/source-limits.js';
import type { AppKind, Mode } from '../../contract/states.js';
import type { Release } from '../../contract/steps.js';
import { targetOf } from '../docker/dockerfile.js';
import { isPackaged, readPyproject, type Pyproject } from '../project/pyproject.js';
import { refuseUnread } from '../project/unread-declarations.js';
import type { SlipwayTable } from '../project/slipway-table.js';
import { LONGEST_WISH } from '../project/python-versions.js';
import { projectLines } from '../project/project-lines.js';
import { readProcfile } from './procfile.js';

export interface ProjectFiles {
  /** The names of the files at the project's root. */
  names: readonly string[];
  procfile?: string;
  pyproject?: string;
  pythonVersion?: string;
  dockerfile?: string;
  /** The names in the folder `requirements`. */
  requirementsFolder?: readonly string[];
  /** Packages that `python -m` runs: folders with a `__main__.py`, at the root (`it`) or in `src` (`src/it`). */
  packages?: readonly string[];
}

export type Wishes = Pick<StartRequest['config'], 'command' | 'release_command' | 'process' | 'port' | 'python'> & {
  health_check: Pick<StartRequest['config']['health_check'], 'path'>;
  /** The kind with which the service was registered. */
  startAs?: AppKind;
  /** Selects the stage of a Dockerfile. */
  profile?: string;
};

export type Detected = Omit<Release, 'sourceHash' | 'revision'>;

const PROJECT_FILES = ['pyproject.toml', 'requirements.txt', 'setup.py'];
const MAIN_FILES = ['main.py', 'app.py', 'run.py', '__main__.py', 'server.py', 'start.py', 'bot.py'];
const RELEASE_ENTRY = 'release';
/** The number of characters of a long command that its error shows. */
const SHOWN_CHARACTERS = 40;

/**
 * Detects the project. With docker, a project with its own Dockerfile needs neither Python files nor a command, because
 * its image has a CMD.
 */
export function detect(files: ProjectFiles, wishes: Wishes, mode: Mode): Detected {
  const hasOwnImage = mode === 'docker' && files.dockerfile !== undefined;
  if (!hasOwnImage && !isPythonProject(files)) throw new SlipwayError('no_python_project');
  const pyproject = files.pyproject === undefined ? undefined : readPyproject(files.pyproject);
  if (!hasOwnImage) refuseUnread({ ...files, pyproject }, wishes.profile);
  const table = pyproject?.slipway ?? {};
  const procfile = readProcfile(files.procfile ?? '');
  const sources = { files, wishes, procfile, table, pyproject };
  const { command, process } = hasOwnImage ? imageCommand(sources) : chooseCommand(sources);
  const port = wishes.port ?? table.port;
  const releaseCommand = wishes.release_command ?? procfile.get(RELEASE_ENTRY) ?? table.releaseCommand;
  for (const each of [command, releaseCommand]) refuseLong(each);
  return {
    command,
    kind: kindOf({ command, process, wishes, table, exposes: exposesPort(sources, process) }),
    ...(releaseCommand !== undefined && { releaseCommand }),
    ...(port !== undefined && { port }),
    ...(hasOwnImage ? {} : pythonOf(sources)),
  };
}

/** The service stores the commands of all its releases, and each process start sends one to a shell. */
function refuseLong(command = ''): void {
  if (command.length <= LONGEST_COMMAND) return;
  const params = { begin: command.slice(0, SHOWN_CHARACTERS), limit: LONGEST_COMMAND };
  throw new SlipwayError('source_invalid', { text: 'source_invalid.long_command', params });
}

function isPythonProject({ names, packages = [] }: ProjectFiles): boolean {
  return packages.length > 0 || names.some((name) => PROJECT_FILES.includes(name) || name.endsWith('.py'));
}

interface CommandSources {
  files: ProjectFiles;
  wishes: Wishes;
  procfile: Map<string, string>;
  table: SlipwayTable;
  pyproject?: Pyproject;
}
interface Chosen {
  command: string;
  /** The Procfile entry, or the process of the request. */
  process?: string;
}

/**
 * Returns the command of an image. Only the request itself takes precedence over the image's own CMD, for which the
 * command is empty.
 */
function imageCommand({ wishes, procfile, table }: CommandSources): Chosen {
  if (wishes.command !== undefined) return { command: wishes.command, process: wishes.process };
  const entry = wishes.process === undefined ? undefined : procfileEntry(procfile, wishes.process, false);
  return (
    entry ?? { command: '', process: wishes.process ?? table.process ?? (procfile.has('web') ? 'web' : undefined) }
  );
}

/** Returns the first command of: request, Procfile, [tool.slipway], the only script, a main file, the only package. */
function chooseCommand({ files, wishes, procfile, table, pyproject }: CommandSources): Chosen {
  const process = wishes.process ?? table.process;
  if (wishes.command !== undefined) return { command: wishes.command, process };
  const entry = procfileEntry(procfile, process, table.command === undefined);
  if (entry) return entry;
  if (table.command !== undefined) return { command: table.command, process };
  const [script, ...more] = pyproject?.scripts ?? [];
  if (script !== undefined && more.length === 0) return { command: script, process };
  const main = MAIN_FILES.find((name) => files.names.includes(name));
  if (main !== undefined) return { command: `python ${main}`, process };
  const [itself, ...others] = files.packages ?? [];
  if (itself !== undefined && others.length === 0) return { command: packageCommand(itself, pyproject), process };
  throw new SlipwayError('no_entry_point');
}

/** Returns the command of a package. A package in `src` that isn't installed needs PYTHONPATH. */
function packageCommand(path: string, pyproject: Pyproject | undefined): string {
  const name = path.replace(/^src\//, '');
  const isFound = name === path || (pyproject !== undefined && isPackaged(pyproject));
  return isFound ? `python -m ${name}` : `PYTHONPATH=src\${PYTHONPATH:+:$PYTHONPATH} python -m ${name}`;
}

/** Returns the requested entry; otherwise `web`, `worker`, or the only entry. */
function procfileEntry(
  procfile: Map<string, string>,
  process: string | undefined,
  insist: boolean,
): Chosen | undefined {
  const entries = [...procfile].filter(([name]) => name !== RELEASE_ENTRY);
  const names = entries.map(([name]) => name).join(', ') || '-';
  const wanted = process ?? ['web', 'worker'].find((name) => procfile.has(name)) ?? onlyOne(entries)?.[0];
  const command = wanted === undefined || wanted === RELEASE_ENTRY ? undefined : procfile.get(wanted);
  if (command !== undefined) return { command, process: wanted };
  if (process !== undefined && (entries.length > 0 || !isPlainKind(process))) {
    throw new SlipwayError('source_invalid', {
      text: 'source_invalid.unknown_process',
      params: { process, found: names },
    });
  }
  if (entries.length > 1 && insist)
    throw new SlipwayError('no_entry_point', { text: 'no_entry_point.ambiguous', params: { found: names } });
  return undefined;
}

/** Returns true for `web` and `worker`, which name the app's kind even without a Procfile. */
const isPlainKind = (process: string): process is AppKind => process === 'web' || process === 'worker';

const onlyOne = <T>(items: readonly T[]): T | undefined => (items.length === 1 ? items[0] : undefined);

interface KindSources {
  command: string;
  process?: string;
  wishes: Wishes;
  table: SlipwayTable;
  exposes: boolean;
}

/**
 * Returns the app's kind. The request takes precedence over the registration, which takes precedence over the project's
 * own `kind`, then the hints in the files.
 */
function kindOf({ command, process, wishes, table, exposes }: KindSources): AppKind {
  const { path } = wishes.health_check;
  if (wishes.process === 'web' || typeof wishes.port === 'number' || path !== undefined) return 'web';
  if (wishes.process === 'worker') return 'worker';
  if (wishes.startAs !== undefined) return wishes.startAs;
  if (table.kind !== undefined) return table.kind;
  const hints = process === 'web' || table.port !== undefined || /\$\{?PORT\b/.test(command) || exposes;
  return hints ? 'web' : 'worker';
}

/**
 * Returns true if the image exposes a port. EXPOSE is about the image's own command, and not about another process or
 * command.
 */
function exposesPort({ files, wishes }: CommandSources, process: string | undefined): boolean {
  if (files.dockerfile === undefined || wishes.command !== undefined) return false;
  if (process !== undefined && process !== 'web') return false;
  return targetOf(files.dockerfile, wishes.profile).ports.length > 0;
}

type PythonFields = Pick<Release, 'python' | 'pythonFrom'>;

/** Returns the first Python version that is set, and its source. */
function pythonOf({ wishes, table, pyproject, files }: CommandSources): PythonFields {
  const sources: Record<NonNullable<Release['pythonFrom']>, string | undefined> = {
    'config.python': wishes.python,
    '[tool.slipway] python': table.python,
    [VERSION_FILE]: wishInFile(files.pythonVersion),
    'requires-python': pyproject?.requiresPython,
  };
  for (const [from, python] of Object.entries(sources) as [NonNullable<Release['pythonFrom']>, string | undefined][]) {
    if (python === undefined) continue;
    if (python.length <= LONGEST_WISH) return { python, pythonFrom: from };
    throw new SlipwayError('python_unavailable', {
      params: { wanted: `${python.slice(0, LONGEST_WISH)}…`, found: '-' },
    });
  }
  return {};
}

const VERSION_FILE = '.python-version';
/** The spellings of pyenv, uv and people: `3.11.x`, `cpython-3.12.1-linux-x86_64-gnu`, `python3.11`. */
const VERSION_WORD = /^(?:c?python[-@]?)?(\d+(?:\.\d+)*)(?:\.[x*])?(?:-.*)?$/i;

/** Returns the first version in a `.python-version`. Further versions are for other programs of pyenv. */
function wishInFile(text = ''): string | undefined {
  const lines = projectLines(VERSION_FILE, text).map((line) => (line.split('#', 1)[0] ?? '').trim());
  const line = lines.find((candidate) => candidate !== '');
  if (line === undefined || /^[<>=!~]/.test(line)) return line; // specifiers, which uv accepts
  const [word = ''] = line.split(/\s+/, 1);
  const version = VERSION_WORD.exec(word)?.[1];
  if (version !== undefined) return version;
  const params = { wanted: word.slice(0, LONGEST_WISH), file: VERSION_FILE };
  throw new SlipwayError('python_unavailable', { text: 'python_unavailable.version_file', params });
}
