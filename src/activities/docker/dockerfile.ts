// The Dockerfile of a project: reads its own, or generates one. Pure.
import { SlipwayError } from '../../contract/errors.js';
import type { BuildVersion } from '../../contract/steps.js';
import { oneLine } from '../one-line.js';
import { dependsOnTree, type ProjectFacts } from '../project/facts.js';
import { memberOption } from '../project/foreign-source.js';
import { isPoetryApp } from '../project/pyproject.js';
import { projectLines } from '../project/project-lines.js';
import { fitsPython, isPlainVersion } from '../project/python-versions.js';

export const DOCKERFILE = 'Dockerfile';
/** A project's own file of this name is excluded from the build. */
export const GENERATED_DOCKERFILE = '.slipway.Dockerfile';

interface Stage {
  /** The name in `FROM … AS name`. */
  name?: string;
  /** The earlier stage that it is based on. Undefined if the base is an image. */
  base?: Stage;
  /** The words of its EXPOSE lines, in order: `8000`, `8000/tcp`, `$PORT`. */
  exposes: string[];
}

/** The stage that is built. */
export interface Target {
  /** Set if a profile has the stage's name. Otherwise the last stage is built. */
  name?: string;
  /**
   * The TCP ports that it exposes, in the Dockerfile's order, including those of its base stages. Undefined for a port
   * in a variable.
   */
  ports: (number | undefined)[];
}

export function targetOf(dockerfile: string, profile: string | undefined): Target {
  const stages = readStages(dockerfile);
  const named = stages.find(({ name }) => profile !== undefined && name?.toLowerCase() === profile.toLowerCase());
  const exposes: string[][] = [];
  for (let stage = named ?? stages.at(-1); stage; stage = stage.base) exposes.push(stage.exposes);
  const ports = exposes.reverse().flat().flatMap(tcpPort);
  return { ...(named?.name !== undefined && { name: named.name }), ports };
}

/** Parses a port. `8000-8002` returns 8000. */
function tcpPort(word: string): (number | undefined)[] {
  const [ports = '', protocol = 'tcp'] = word.replaceAll(/["']/g, '').split('/');
  if (protocol.toLowerCase() !== 'tcp') return [];
  const [first = ''] = ports.split('-');
  return [/^\d{1,5}$/.test(first) ? Number(first) : undefined];
}

function readStages(dockerfile: string): Stage[] {
  const stages: Stage[] = [];
  const byName = new Map<string, Stage>();
  for (const [instruction = '', ...words] of instructionsIn(dockerfile)) {
    if (/^EXPOSE$/i.test(instruction)) stages.at(-1)?.exposes.push(...words);
    if (!/^FROM$/i.test(instruction)) continue;
    // Skips options such as `--platform=…`.
    const [image = '', as, name] = words.filter((word) => !word.startsWith('--'));
    const base = byName.get(image.toLowerCase());
    const stage: Stage = { ...(base && { base }), exposes: [] };
    stages.push(stage);
    if (as?.toUpperCase() !== 'AS' || name === undefined) continue;
    stage.name = name;
    byName.set(name.toLowerCase(), stage);
  }
  return stages;
}

/** Returns the words of each instruction, which may span several lines. */
export function* instructionsIn(dockerfile: string): Generator<string[]> {
  let words: string[] = [];
  for (const line of projectLines(DOCKERFILE, dockerfile)) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const isContinued = text.endsWith('\\');
    for (const word of (isContinued ? text.slice(0, -1) : text).split(/[ \t]+/)) if (word !== '') words.push(word);
    if (isContinued) continue;
    yield words;
    words = [];
  }
  if (words.length > 0) yield words;
}

/** Returns true if only BuildKit can build it. The classic builder would fail with an unhelpful message. */
export const needsBuildKit = (dockerfile: string): boolean =>
  /^[ \t]*(RUN[ \t]+--(mount|network|security)|COPY[ \t]+--(link|chmod|parents)|ADD[ \t]+--(link|chmod|checksum))|<<-?["']?\w+/im.test(
    dockerfile,
  );

/** Returns the base image for a project's Python. Undefined if no image of that name can have it. */
export function baseImageFor(image: string, wish: string | undefined): string | undefined {
  const named = /^(.*\bpython):(\d+\.\d+)(.*)$/.exec(image);
  if (wish === undefined || !named) return image;
  const [, name = '', version = '', variant = ''] = named;
  if (fitsPython(wish, version) || fitsPython(wish, `${version}.99`)) return image;
  return isPlainVersion(wish) ? `${name}:${wish}${variant}` : undefined;
}

export interface Recipe {
  image: string;
  facts: ProjectFacts;
  command: string;
  /** If false, development groups are omitted. */
  isDevelopment: boolean;
  /** The dependency group or extra with the profile's name. */
  group?: string;
  extra?: string;
  /** The `id` with which installs mount the build variables. Absent if there are none. */
  variables?: string;
  /** Set if the variables name files, which may be in the project. */
  namesFiles?: boolean;
  /** The version for the project's own build. */
  version?: BuildVersion;
}

/**
 * Generates a Dockerfile. Dependencies come before the code, so that a change of the code alone reuses them. The app
 * runs as its own user in /app, with its environment in /opt/venv.
 */
export function generateDockerfile(recipe: Recipe): string {
  const lines = [
    `FROM ${recipe.image}`,
    'ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH',
    'RUN useradd --create-home --uid 10001 app && mkdir /app && chown app /app',
    'WORKDIR /app',
    ...installLines(recipe),
    ...(needsUv(recipe) ? [UV_RUN] : []),
    ...(recipe.facts.member ? [`WORKDIR /app/${asWord(recipe.facts.member.folder)}`] : []),
    'USER 10001', // by number, so that it is the same user in every image
    `CMD ${JSON.stringify(['/bin/sh', '-c', recipe.command])}`,
  ];
  for (const line of lines) if (ENDS_LINE.test(line)) throw unfit(line);
  return `${lines.join('\n')}\n`;
}

/**
 * Matches text that would end or extend a line, so that each line stays one instruction with any project names. Engines
 * remove blanks at the end of a line, or continue after an escape.
 */
const ENDS_LINE = /[\0\r\n]|[\\`\s]$/;

/** Escapes a folder for WORKDIR. */
const asWord = (folder: string): string => folder.replaceAll(/["'$\\]/g, '\\$&');

const SHOWN_CHARACTERS = 120;

function unfit(text: string): SlipwayError {
  const shown = oneLine(text).slice(0, SHOWN_CHARACTERS);
  return new SlipwayError('source_invalid', { text: 'docker.unfit_name', params: { text: shown } });
}

/** `uv run` uses the installed environment, and doesn't create another one. */
const UV_RUN = 'ENV PATH=$PATH:/opt/uv/bin UV_PROJECT_ENVIRONMENT=/opt/venv UV_NO_SYNC=1';
const GET_UV = 'python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir --disable-pip-version-check uv';

const COPY_ALL = 'COPY --chown=app . .';
const VENV = 'python3 -m venv /opt/venv';
const PIP = '/opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check';

/** Returns true if pip installs in the generated image. pip ignores the project's settings for uv. */
export const installsWithPip = ({ pyproject, requirementFiles, hasSetupPy }: ProjectFacts): boolean =>
  !pyproject?.hasProject && (requirementFiles.length > 0 || hasSetupPy || pyproject !== undefined);

const needsUv = ({ facts, command }: Recipe): boolean =>
  facts.pyproject?.hasProject === true || /\buv +run\b/.test(command);

function installLines(recipe: Recipe): string[] {
  return [...(needsUv(recipe) ? [installing(recipe, GET_UV)] : []), ...dependencyLines(recipe)];
}

/** Builds the project itself with its version, so that a change of the version alone installs no dependency again. */
const building = (recipe: Recipe, command: string): string =>
  installing(recipe, `${recipe.version ? `${recipe.version.variable}=${recipe.version.value} ` : ''}${command}`);

const VARIABLES_FILE = '/run/secrets/build-variables';

/** Runs a command with the build variables in its environment. No layer contains them. */
function installing({ variables }: Recipe, command: string): string {
  if (variables === undefined) return `RUN ${command}`;
  return `RUN --mount=type=secret,id=${variables},target=${VARIABLES_FILE} . ${VARIABLES_FILE} && ${command}`;
}

function dependencyLines(recipe: Recipe): string[] {
  const { facts } = recipe;
  if (facts.pyproject?.hasProject) return uvLines(recipe);
  if (facts.requirementFiles.length > 0) return requirementLines(recipe);
  if (facts.hasSetupPy || facts.pyproject) return [`RUN ${VENV}`, COPY_ALL, building(recipe, `${PIP} .`)];
  return [`RUN ${VENV}`, COPY_ALL];
}

/** Returns the lines for requirement files. A requirement that names a folder of the project needs the code first. */
function requirementLines(recipe: Recipe): string[] {
  const { facts } = recipe;
  const { requirements, requirementFiles } = facts;
  const files = requirementFiles.map((file) => `-r ${file}`).join(' ');
  const install = installing(recipe, `${VENV} && ${PIP} ${files}`);
  if (dependsOnTree(facts) || recipe.namesFiles) return [COPY_ALL, install];
  return [...[...requirements.keys()].map((file) => `COPY ${JSON.stringify([file, `./${file}`])}`), install, COPY_ALL];
}

function uvLines(recipe: Recipe): string[] {
  const { facts, isDevelopment, group, extra } = recipe;
  const options = [
    ...memberOption(facts),
    '--no-editable',
    ...(facts.lock === undefined ? [] : ['--frozen']),
    ...(isDevelopment ? [] : ['--no-default-groups']),
    ...(group === undefined ? [] : ['--group', group]),
    ...(extra === undefined ? [] : ['--extra', extra]),
    ...(facts.pyproject && isPoetryApp(facts.pyproject) ? ['--no-install-project'] : []),
  ].join(' ');
  const sync = `UV_PROJECT_ENVIRONMENT=/opt/venv UV_PYTHON_DOWNLOADS=never /opt/uv/bin/uv sync --no-cache ${options}`;
  const files = ['pyproject.toml', ...(facts.lock === undefined ? [] : ['uv.lock'])];
  // A version in a file, which only the build backend can read, and dependencies in the tree need more than these two
  // files.
  const asksBackend = facts.lock === undefined && (facts.pyproject?.dynamic ?? []).length > 0;
  if (asksBackend || dependsOnTree(facts) || recipe.namesFiles) return [COPY_ALL, building(recipe, sync)];
  const dependencies = installing(recipe, `${sync} --no-install-project`);
  return [`COPY ${files.join(' ')} ./`, dependencies, COPY_ALL, building(recipe, sync)];
}
