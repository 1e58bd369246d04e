// What a project is and how it is started, from its file names and a few small files (contract §3.2). Pure.
import { SlipwayError } from '../../contract/errors.js';
import type { StartRequest } from '../../contract/requests.js';
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
  /** Names of the files at the project's root. */
  names: readonly string[];
  procfile?: string;
  pyproject?: string;
  pythonVersion?: string;
  dockerfile?: string;
  /** Names in the folder `requirements`. */
  requirementsFolder?: readonly string[];
  /** Packages that `python -m` runs: folders with a `__main__.py`, at the root (`it`) or in `src` (`src/it`). */
  packages?: readonly string[];
}

export type Wishes = Pick<StartRequest['config'], 'command' | 'release_command' | 'process' | 'port' | 'python'> & {
  health_check: Pick<StartRequest['config']['health_check'], 'path'>;
  /** What the service was registered as. */
  startAs?: AppKind;
  /** Picks the stage of a Dockerfile. */
  profile?: string;
};

export type Detected = Omit<Release, 'sourceHash' | 'revision'>;

const PROJECT_FILES = ['pyproject.toml', 'requirements.txt', 'setup.py'];
const MAIN_FILES = ['main.py', 'app.py', 'run.py', '__main__.py', 'server.py', 'start.py', 'bot.py'];
const RELEASE_ENTRY = 'release';

/** In docker a project with a Dockerfile of its own needs neither Python files nor a command: its image has a CMD. */
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
  return {
    command,
    kind: kindOf({ command, process, wishes, table, exposes: exposesPort(sources, process) }),
    ...(releaseCommand !== undefined && { releaseCommand }),
    ...(port !== undefined && { port }),
    ...(hasOwnImage ? {} : pythonOf(sources)),
  };
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
  /** The Procfile entry it is, or the process that was asked for. */
  process?: string;
}

/** Only what the request itself names goes before the image's own CMD (which is told as no command). */
function imageCommand({ wishes, procfile, table }: CommandSources): Chosen {
  if (wishes.command !== undefined) return { command: wishes.command, process: wishes.process };
  const entry = wishes.process === undefined ? undefined : procfileEntry(procfile, wishes.process, false);
  return (
    entry ?? { command: '', process: wishes.process ?? table.process ?? (procfile.has('web') ? 'web' : undefined) }
  );
}

/** The first that says something: request, Procfile, [tool.slipway], the one script, a main file. */
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

/** A package in `src` that is not installed is found there alone. */
function packageCommand(path: string, pyproject: Pyproject | undefined): string {
  const name = path.replace(/^src\//, '');
  const isFound = name === path || (pyproject !== undefined && isPackaged(pyproject));
  return isFound ? `python -m ${name}` : `PYTHONPATH=src\${PYTHONPATH:+:$PYTHONPATH} python -m ${name}`;
}

/** The entry that was asked for, else `web`, else `worker`, else the only one. */
function procfileEntry(
  procfile: Map<string, string>,
  process: string | undefined,
  insist: boolean,
): Chosen | undefined {
  const entries = [...procfile].filter(([name]) => name !== RELEASE_ENTRY);
  const found = entries.map(([name]) => name).join(', ') || '-';
  const wanted = process ?? ['web', 'worker'].find((name) => procfile.has(name)) ?? onlyOne(entries)?.[0];
  const command = wanted === undefined || wanted === RELEASE_ENTRY ? undefined : procfile.get(wanted);
  if (command !== undefined) return { command, process: wanted };
  if (process !== undefined && (entries.length > 0 || !isPlainKind(process))) {
    throw new SlipwayError('source_invalid', { text: 'source_invalid.unknown_process', params: { process, found } });
  }
  if (entries.length > 1 && insist)
    throw new SlipwayError('no_entry_point', { text: 'no_entry_point.ambiguous', params: { found } });
  return undefined;
}

/** `web` and `worker` mean something without a Procfile, too: the app's kind. */
const isPlainKind = (process: string): process is AppKind => process === 'web' || process === 'worker';

const onlyOne = <T>(items: readonly T[]): T | undefined => (items.length === 1 ? items[0] : undefined);

interface KindSources {
  command: string;
  process?: string;
  wishes: Wishes;
  table: SlipwayTable;
  exposes: boolean;
}

/** The request outweighs what the service was registered as, that the project's own `kind`, and that what the files hint at. */
function kindOf({ command, process, wishes, table, exposes }: KindSources): AppKind {
  const { path } = wishes.health_check;
  if (wishes.process === 'web' || typeof wishes.port === 'number' || path !== undefined) return 'web';
  if (wishes.process === 'worker') return 'worker';
  if (wishes.startAs !== undefined) return wishes.startAs;
  if (table.kind !== undefined) return table.kind;
  const hints = process === 'web' || table.port !== undefined || /\$\{?PORT\b/.test(command) || exposes;
  return hints ? 'web' : 'worker';
}

/** EXPOSE speaks of what the image itself runs, and of no other process or command. */
function exposesPort({ files, wishes }: CommandSources, process: string | undefined): boolean {
  if (files.dockerfile === undefined || wishes.command !== undefined) return false;
  if (process !== undefined && process !== 'web') return false;
  return targetOf(files.dockerfile, wishes.profile).ports.length > 0;
}

type PythonFields = Pick<Release, 'python' | 'pythonFrom'>;

/** The first that says something, and where it stands. */
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
/** As pyenv, uv and people write it: `3.11.x`, `cpython-3.12.1-linux-x86_64-gnu`, `python3.11`. */
const VERSION_WORD = /^(?:c?python[-@]?)?(\d+(?:\.\d+)*)(?:\.[x*])?(?:-.*)?$/i;

/** The first version that a `.python-version` names: further ones are pyenv's, for other programs. */
function wishInFile(text = ''): string | undefined {
  const lines = projectLines(VERSION_FILE, text).map((line) => (line.split('#', 1)[0] ?? '').trim());
  const line = lines.find((one) => one !== '');
  if (line === undefined || /^[<>=!~]/.test(line)) return line; // specifiers, as uv takes them
  const [word = ''] = line.split(/\s+/, 1);
  const version = VERSION_WORD.exec(word)?.[1];
  if (version !== undefined) return version;
  const params = { wanted: word.slice(0, LONGEST_WISH), file: VERSION_FILE };
  throw new SlipwayError('python_unavailable', { text: 'python_unavailable.version_file', params });
}
