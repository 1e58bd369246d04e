// How pip installs a project: pure, so that "what would be run" can be tested and keyed.
import { errorRecord, type ErrorRecord } from '../../contract/errors.js';
import type { CheckInput } from '../../contract/steps.js';
import { runsOwnScript, type ProjectFacts } from '../project/facts.js';
import { expandGroup, named } from '../project/groups.js';
import { isPackaged } from '../project/pyproject.js';
import { isLocal } from '../project/requirements.js';

export interface PipRecipe {
  /** Requirement files of the project. */
  files: string[];
  /** Requirements that stand in pyproject.toml, where pip would not look for them. */
  requirements: string[];
  /** `.` or `.[extra]`, when the project itself is installed. */
  project?: string;
  /** URL of the index in the place of PyPI. */
  index?: string;
}

export function pipRecipe(facts: ProjectFacts, input: CheckInput): PipRecipe {
  const extra = named(facts.pyproject?.extras ?? {}, input.profile);
  const project = installsProject(facts, input) ? `.${extra === undefined ? '' : `[${extra}]`}` : undefined;
  const own = project === undefined && facts.requirementFiles.length === 0 ? declared(facts, extra) : [];
  return {
    files: facts.requirementFiles,
    requirements: [...own, ...groupRequirements(facts, input)],
    ...(project !== undefined && { project }),
    ...(facts.pyproject?.uvIndexes.instead !== undefined && { index: facts.pyproject.uvIndexes.instead }),
  };
}

/** A project that names no build backend is an app to run in place, not a package: as uv sees it, too. */
function installsProject(facts: ProjectFacts, { release }: CheckInput): boolean {
  const { pyproject, hasSetupPy, requirementFiles } = facts;
  if (pyproject && (isPackaged(pyproject) || runsOwnScript(facts, release.command))) return true;
  if (requirementFiles.length > 0) return false;
  if (pyproject?.hasProject) return pyproject.dynamic.includes('dependencies');
  return hasSetupPy || (pyproject?.hasBuildSystem ?? false);
}

function declared({ pyproject }: ProjectFacts, extra?: string): string[] {
  const optional = extra === undefined ? [] : (pyproject?.extras[extra] ?? []);
  return [...(pyproject?.dependencies ?? []), ...optional];
}

/** The profile's group, and `dev` in a development environment. */
function groupRequirements({ pyproject }: ProjectFacts, { environment, profile }: CheckInput): string[] {
  const groups = pyproject?.groups ?? {};
  const wanted = [named(groups, profile), environment === 'dev' ? named(groups, 'dev') : undefined];
  const names = new Set(wanted.filter((name) => name !== undefined));
  return [...names].flatMap((name) => expandGroup(groups, name));
}

/** As uv writes it into a lock: what pip takes from, too, unless a setting says otherwise. */
export const PUBLIC_INDEX = 'https://pypi.org/simple';
const REGISTRY = /\bregistry = "([^"\n]*)"/g;

/**
 * Why pip must not install the project: it could take a package from the public index that the project takes from a folder,
 * a repository or an index of its own. pip reads nothing of what the project tells uv about that.
 */
export function foreignSource(
  { pyproject, lock = '', hasUvSettings }: ProjectFacts,
  recipe: PipRecipe,
): ErrorRecord | undefined {
  if (isEmpty(recipe)) return undefined;
  const packages = [...new Set(pyproject?.uvSources)].join(', ');
  if (packages !== '') return errorRecord('source_invalid', { text: 'fallback.uv_sources', params: { packages } });
  const hasOtherIndexes = hasUvSettings || pyproject?.uvIndexes.hasMore || isLockedElsewhere(lock, recipe.index);
  return hasOtherIndexes ? errorRecord('source_invalid', { text: 'fallback.uv_indexes' }) : undefined;
}

/** Match by match: a lock may name a million of them. */
function isLockedElsewhere(lock: string, index: string | undefined): boolean {
  const known = [PUBLIC_INDEX, index].map(withoutSlash);
  for (const [, url] of lock.matchAll(REGISTRY)) if (!known.includes(withoutSlash(url))) return true;
  return false;
}

const withoutSlash = (url: string | undefined): string | undefined => (url?.endsWith('/') ? url.slice(0, -1) : url);

export const isEmpty = ({ files, requirements, project }: PipRecipe): boolean =>
  files.length === 0 && requirements.length === 0 && project === undefined;

/** Whether code of the release itself gets into the environment. */
export function installsSource({ hasLocalRequirement }: ProjectFacts, { project, requirements }: PipRecipe): boolean {
  return project !== undefined || hasLocalRequirement || requirements.some(isLocal);
}

/** The texts that decide what is installed, by path. */
export function decidingFiles(
  { pyproject, requirements }: ProjectFacts,
  { project }: PipRecipe,
): Record<string, string> {
  const ofProject: Record<string, string> =
    project === undefined || !pyproject ? {} : { 'pyproject.toml': pyproject.deciding };
  return { ...ofProject, ...Object.fromEntries(requirements) };
}
