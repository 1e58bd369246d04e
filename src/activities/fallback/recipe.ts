// Decides how pip installs a project. Pure, so that the commands can be tested and included in the key.
import { errorRecord, type ErrorRecord } from '../../contract/errors.js';
import type { CheckInput } from '../../contract/steps.js';
import { dependsOnTree, runsOwnScript, type ProjectFacts } from '../project/facts.js';
import { expandGroup, named } from '../project/groups.js';
import { isPackaged } from '../project/pyproject.js';
import { indexOptions } from '../project/requirements.js';
import { withoutSelfReferences } from '../project/self-references.js';

export interface PipRecipe {
  /** Requirement files of the project. */
  files: string[];
  /** Requirements in pyproject.toml, which pip doesn't read there. */
  requirements: string[];
  /** `.` or `.[extra]`, if the project itself is installed. */
  project?: string;
  /** The URL of the index that replaces PyPI. */
  index?: string;
}

export function pipRecipe(facts: ProjectFacts, input: CheckInput): PipRecipe {
  const extra = named(facts.pyproject?.extras ?? {}, input.profile);
  const project = installsProject(facts, input) ? `.${extra === undefined ? '' : `[${extra}]`}` : undefined;
  const own = project === undefined && facts.requirementFiles.length === 0 ? declared(facts, extra) : [];
  const requirements = [...own, ...groupRequirements(facts, input)];
  return {
    files: facts.requirementFiles,
    // If the project itself isn't installed, pip would take its name for a public package.
    requirements: facts.pyproject && !project ? withoutSelfReferences(facts.pyproject, requirements) : requirements,
    ...(project !== undefined && { project }),
    ...(facts.pyproject?.uvIndexes.instead !== undefined && { index: facts.pyproject.uvIndexes.instead }),
  };
}

/**
 * Returns true if the project itself is installed. A project without a build backend is an app to run in place, not a
 * package. uv handles it in the same way.
 */
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

/** Returns the requirements of the profile's group, and of `dev` in a development environment. */
function groupRequirements({ pyproject }: ProjectFacts, { environment, profile }: CheckInput): string[] {
  const groups = pyproject?.groups ?? {};
  const wanted = [named(groups, profile), environment === 'dev' ? named(groups, 'dev') : undefined];
  const names = new Set(wanted.filter((name) => name !== undefined));
  return [...names].flatMap((name) => expandGroup(groups, name));
}

/**
 * Returns an error if pip can't install the groups: a second call for them would not have the hashes and indexes of the
 * files.
 */
export function unhashedGroups({ requirements: texts }: ProjectFacts, recipe: PipRecipe): ErrorRecord | undefined {
  if (recipe.requirements.length === 0 || !hasHashes(texts)) return undefined;
  return errorRecord('source_invalid', { text: 'fallback.unhashed_groups' });
}

const hasHashes = (texts: ProjectFacts['requirements']): boolean =>
  [...texts.values()].some((text) => HASH_MODE.test(text));

const HASH_MODE = /(?:^|\s)--(?:hash|require-hashes)(?:[=\s]|$)/m;

/**
 * Returns the calls of pip, which install everything together, so that versions are compatible. `own` is the file with
 * the requirements of pyproject.toml. With hashes, pip rejects packages without a hash. Then the files are installed
 * first, the project uses their packages, and `pip check` reports missing ones.
 */
export function pipCalls({ requirements: texts }: ProjectFacts, recipe: PipRecipe, own: string): string[][] {
  const { files, requirements, project } = recipe;
  const ownFile = requirements.length > 0 ? [own] : [];
  const from = (paths: readonly string[]): string[] => paths.flatMap((path) => ['-r', path]);
  const projects = project === undefined ? [] : [project];
  if (!hasHashes(texts)) return [['install', ...from([...files, ...ownFile]), ...projects]];
  // The build requirements come from the indexes in the files, too.
  const options = [...texts].flatMap(([path, text]) => indexOptions(path, text));
  return [
    ['install', ...from(files)],
    ...projects.flatMap((target) => [['install', '--no-deps', ...options, target], ['check']]),
  ];
}

export const isEmpty = ({ files, requirements, project }: PipRecipe): boolean =>
  files.length === 0 && requirements.length === 0 && project === undefined;

/** Returns true if code of the release itself gets into the environment. */
export const installsSource = (facts: ProjectFacts, { project }: PipRecipe): boolean =>
  project !== undefined || dependsOnTree(facts);

/** Returns the texts that decide what is installed, by path. */
export function decidingFiles(
  { pyproject, requirements }: ProjectFacts,
  { project }: PipRecipe,
): Record<string, string> {
  const ofProject: Record<string, string> =
    project === undefined || !pyproject ? {} : { 'pyproject.toml': pyproject.deciding };
  return { ...ofProject, ...Object.fromEntries(requirements) };
}
