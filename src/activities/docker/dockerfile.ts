// The Dockerfile of a project: its own, read for what must be known of it, or one that is generated. Pure.
import { SlipwayError } from '../../contract/errors.js';
import type { BuildVersion } from '../../contract/steps.js';
import { oneLine } from '../one-line.js';
import { dependsOnTree, type ProjectFacts } from '../project/facts.js';
import { memberOption } from '../project/foreign-source.js';
import { isPoetryApp } from '../project/pyproject.js';
import { projectLines } from '../project/project-lines.js';
import { fitsPython, isPlainVersion } from '../project/python-versions.js';

export const DOCKERFILE = 'Dockerfile';
/** A project's own file of this name is left out of the build. */
export const GENERATED_DOCKERFILE = '.slipway.Dockerfile';

interface Stage {
  /** `FROM … AS name` */
  name?: string;
  /** The stage before it that it begins with; undefined where that is an image. */
  base?: Stage;
  /** What its EXPOSE lines name, in their order: `8000`, `8000/tcp`, `$PORT`. */
  exposes: string[];
}

/** The stage that is built. */
export interface Target {
  /** Where a profile is named after it; else it is the last. */
  name?: string;
  /**
   * TCP ports that it exposes, as the Dockerfile orders them, with those of the stages that it begins with. Undefined in the
   * place of one that a variable holds.
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

/** `8000-8002` begins with 8000. */
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
    const [image = '', as, name] = words.filter((word) => !word.startsWith('--')); // such as `--platform=…`
    const base = byName.get(image.toLowerCase());
    const stage: Stage = { ...(base && { base }), exposes: [] };
    stages.push(stage);
    if (as?.toUpperCase() !== 'AS' || name === undefined) continue;
    stage.name = name;
    byName.set(name.toLowerCase(), stage);
  }
  return stages;
}

/** The words of each instruction, which may go on over several lines. */
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

/** What only BuildKit can do: the classic builder would fail on it in words that help nobody. */
export const needsBuildKit = (dockerfile: string): boolean =>
  /^[ \t]*(RUN[ \t]+--(mount|network|security)|COPY[ \t]+--(link|chmod|parents)|ADD[ \t]+--(link|chmod|checksum))|<<-?["']?\w+/im.test(
    dockerfile,
  );

/** The base image for a project's Python; undefined when no image of that name can have it. */
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
  /** Development groups are left out but in `dev`. */
  isDevelopment: boolean;
  /** Dependency group or extra of the profile's name. */
  group?: string;
  extra?: string;
  /** Under which `id` its installs mount what the deployment gives to its builds; absent where that is nothing. */
  variables?: string;
  /** Set where they name files, which may be the project's. */
  namesFiles?: boolean;
  /** What the project's own build is told beside the source. */
  version?: BuildVersion;
}

/**
 * Dependencies come before the code, so that a change of code alone installs nothing again. The app runs as a user of
 * its own, in /app, with its environment in /opt/venv.
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
    'USER 10001', // by its number, which tells that it is the same in every image
    `CMD ${JSON.stringify(['/bin/sh', '-c', recipe.command])}`,
  ];
  for (const line of lines) if (ENDS_LINE.test(line)) throw unfit(line);
  return `${lines.join('\n')}\n`;
}

/** Each line is one instruction, whatever names a project has. Engines take blanks off its end, or read on behind an escape. */
const ENDS_LINE = /[\0\r\n]|[\\`\s]$/;

/** A folder, as WORKDIR reads it. */
const asWord = (folder: string): string => folder.replaceAll(/["'$\\]/g, '\\$&');

const SHOWN_CHARACTERS = 120;

function unfit(text: string): SlipwayError {
  const shown = oneLine(text).slice(0, SHOWN_CHARACTERS);
  return new SlipwayError('source_invalid', { text: 'docker.unfit_name', params: { text: shown } });
}

/** `uv run` takes what was installed, and makes no environment of its own. */
const UV_RUN = 'ENV PATH=$PATH:/opt/uv/bin UV_PROJECT_ENVIRONMENT=/opt/venv UV_NO_SYNC=1';
const GET_UV = 'python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir --disable-pip-version-check uv';

const COPY_ALL = 'COPY --chown=app . .';
const VENV = 'python3 -m venv /opt/venv';
const PIP = '/opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check';

/** Whether pip installs in the generated image, which reads nothing of what a project tells uv. */
export const installsWithPip = ({ pyproject, requirementFiles, hasSetupPy }: ProjectFacts): boolean =>
  !pyproject?.hasProject && (requirementFiles.length > 0 || hasSetupPy || pyproject !== undefined);

const needsUv = ({ facts, command }: Recipe): boolean =>
  facts.pyproject?.hasProject === true || /\buv +run\b/.test(command);

function installLines(recipe: Recipe): string[] {
  return [...(needsUv(recipe) ? [installing(recipe, GET_UV)] : []), ...dependencyLines(recipe)];
}

/** Of the project itself: a change of its version alone installs no dependency again. */
const building = (recipe: Recipe, command: string): string =>
  installing(recipe, `${recipe.version ? `${recipe.version.variable}=${recipe.version.value} ` : ''}${command}`);

const VARIABLES_FILE = '/run/secrets/build-variables';

/** With what the deployment gives: in the command's environment, and in no layer. */
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

/** A requirement that names a folder of the project needs the code before it can be installed. */
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
  // What only the build backend knows (a version in a file), or what stands in the tree, needs more than these two files.
  const asksBackend = facts.lock === undefined && (facts.pyproject?.dynamic ?? []).length > 0;
  if (asksBackend || dependsOnTree(facts) || recipe.namesFiles) return [COPY_ALL, building(recipe, sync)];
  const dependencies = installing(recipe, `${sync} --no-install-project`);
  return [`COPY ${files.join(' ')} ./`, dependencies, COPY_ALL, building(recipe, sync)];
}
