// How pip installs a project: pure, so that "what would be run" can be tested and keyed.
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
  const requirements = [...own, ...groupRequirements(facts, input)];
  return {
    files: facts.requirementFiles,
    // Where the project is not installed itself, its name means a stranger's package to pip.
    requirements: facts.pyproject && !project ? withoutSelfReferences(facts.pyproject, requirements) : requirements,
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

/** Why pip can't install the groups: a second call for them would not know what the files say of hashes and indexes. */
export function unhashedGroups({ requirements: texts }: ProjectFacts, recipe: PipRecipe): ErrorRecord | undefined {
  if (recipe.requirements.length === 0 || !hasHashes(texts)) return undefined;
  return errorRecord('source_invalid', { text: 'fallback.unhashed_groups' });
}

const hasHashes = (texts: ProjectFacts['requirements']): boolean =>
  [...texts.values()].some((text) => HASH_MODE.test(text));

const HASH_MODE = /(?:^|\s)--(?:hash|require-hashes)(?:[=\s]|$)/m;

/**
 * The calls of pip, which install all at once, so that versions fit each other. `own` is the file of the requirements that
 * stand in pyproject.toml. With hashes pip takes nothing that has none: then the files are installed first, and the project
 * takes what they brought; `pip check` tells what they lack.
 */
export function pipCalls({ requirements: texts }: ProjectFacts, recipe: PipRecipe, own: string): string[][] {
  const { files, requirements, project } = recipe;
  const ownFile = requirements.length > 0 ? [own] : [];
  const from = (paths: readonly string[]): string[] => paths.flatMap((path) => ['-r', path]);
  const projects = project === undefined ? [] : [project];
  if (!hasHashes(texts)) return [['install', ...from([...files, ...ownFile]), ...projects]];
  // What it is built with comes from where the files say, too.
  const options = [...texts].flatMap(([path, text]) => indexOptions(path, text));
  return [
    ['install', ...from(files)],
    ...projects.flatMap((one) => [['install', '--no-deps', ...options, one], ['check']]),
  ];
}

export const isEmpty = ({ files, requirements, project }: PipRecipe): boolean =>
  files.length === 0 && requirements.length === 0 && project === undefined;

/** Whether code of the release itself gets into the environment. */
export const installsSource = (facts: ProjectFacts, { project }: PipRecipe): boolean =>
  project !== undefined || dependsOnTree(facts);

/** The texts that decide what is installed, by path. */
export function decidingFiles(
  { pyproject, requirements }: ProjectFacts,
  { project }: PipRecipe,
): Record<string, string> {
  const ofProject: Record<string, string> =
    project === undefined || !pyproject ? {} : { 'pyproject.toml': pyproject.deciding };
  return { ...ofProject, ...Object.fromEntries(requirements) };
}
