// The Dockerfile of a project: its own, read for what must be known of it, or one that is generated. Pure.
import type { ProjectFacts } from '../project/facts.js';
import { fitsPython, isPlainVersion } from '../project/python-versions.js';

export const DOCKERFILE = 'Dockerfile';
/** Under a name that no project has, so that it can't be taken for the project's own. */
export const GENERATED_DOCKERFILE = '.slipway.Dockerfile';

/** Names of its stages, as `FROM … AS name` gives them. */
export function stagesOf(dockerfile: string): string[] {
  return Array.from(dockerfile.matchAll(/^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*\S+[ \t]+AS[ \t]+(\S+)/gim), ([, name]) =>
    String(name),
  );
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
}

/**
 * Dependencies come before the code, so that a change of code alone installs nothing again. The app runs as a user of
 * its own, in /app, with its environment in /opt/venv.
 */
export function generateDockerfile(recipe: Recipe): string {
  return `${[
    `FROM ${recipe.image}`,
    'ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VIRTUAL_ENV=/opt/venv PATH=/opt/venv/bin:$PATH',
    'RUN useradd --create-home --uid 10001 app && mkdir /app && chown app /app',
    'WORKDIR /app',
    ...installLines(recipe),
    'USER 10001', // by its number, which tells that it is the same in every image
    `CMD ${JSON.stringify(['/bin/sh', '-c', recipe.command])}`,
  ].join('\n')}\n`;
}

const COPY_ALL = 'COPY --chown=app . .';
const VENV = 'python3 -m venv /opt/venv';
const PIP = '/opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check';

function installLines(recipe: Recipe): string[] {
  const { facts } = recipe;
  if (facts.pyproject?.hasProject) return uvLines(recipe);
  if (facts.requirementFiles.length > 0) return requirementLines(facts);
  if (facts.hasSetupPy || facts.pyproject) return [`RUN ${VENV}`, COPY_ALL, `RUN ${PIP} .`];
  return [`RUN ${VENV}`, COPY_ALL];
}

/** A requirement that names a folder of the project needs the code before it can be installed. */
function requirementLines({ requirements, requirementFiles, hasLocalRequirement }: ProjectFacts): string[] {
  const install = `RUN ${VENV} && ${PIP} ${requirementFiles.map((file) => `-r ${file}`).join(' ')}`;
  if (hasLocalRequirement) return [COPY_ALL, install];
  return [...[...requirements.keys()].map((file) => `COPY ${JSON.stringify([file, `./${file}`])}`), install, COPY_ALL];
}

function uvLines({ facts, isDevelopment, group, extra }: Recipe): string[] {
  const options = [
    '--no-editable',
    ...(facts.lock === undefined ? [] : ['--frozen']),
    ...(isDevelopment ? [] : ['--no-default-groups']),
    ...(group === undefined ? [] : ['--group', group]),
    ...(extra === undefined ? [] : ['--extra', extra]),
  ].join(' ');
  const sync = `UV_PROJECT_ENVIRONMENT=/opt/venv UV_PYTHON_DOWNLOADS=never /opt/uv/bin/uv sync --no-cache ${options}`;
  const getUv = 'RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir --disable-pip-version-check uv';
  const files = ['pyproject.toml', ...(facts.lock === undefined ? [] : ['uv.lock'])];
  // A project of the tree itself (a workspace, a path) can't be resolved from its two files alone.
  if (facts.pyproject?.hasLocalSources || facts.pyproject?.hasUvWorkspace) return [getUv, COPY_ALL, `RUN ${sync}`];
  return [getUv, `COPY ${files.join(' ')} ./`, `RUN ${sync} --no-install-project`, COPY_ALL, `RUN ${sync}`];
}
