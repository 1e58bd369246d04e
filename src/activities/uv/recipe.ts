// Decides how uv installs a project. Pure, so that the commands can be tested and included in the key.
import { errorRecord, type ErrorRecord } from '../../contract/errors.js';
import type { CheckInput } from '../../contract/steps.js';
import { dependsOnTree, runsOwnScript, type ProjectFacts } from '../project/facts.js';
import { memberOption, missingWorkspace, unnamedMember, unreadSource } from '../project/foreign-source.js';
import { named } from '../project/groups.js';
import { isPackaged, isPoetryApp, type Pyproject } from '../project/pyproject.js';

export type UvRecipe =
  | { kind: 'project'; hasLock: boolean; options: string[]; installsScripts: boolean }
  | { kind: 'requirements'; files: string[] }
  /** Nothing to install, because the standard library suffices. */
  | { kind: 'empty' };

/** Returns the recipe, or the error if uv can't install the project. */
export function uvRecipe(facts: ProjectFacts, input: CheckInput): UvRecipe | ErrorRecord {
  const { pyproject, requirementFiles } = facts;
  const unread = unreadSource(facts) ?? missingWorkspace(facts) ?? unnamedMember(facts);
  if (unread) return unread;
  if (pyproject?.hasProject) {
    const installsScripts = !isPackaged(pyproject) && runsOwnScript(facts, input.release.command);
    return { kind: 'project', hasLock: facts.lock !== undefined, options: syncOptions(facts, input), installsScripts };
  }
  if (requirementFiles.length > 0) return { kind: 'requirements', files: requirementFiles };
  if (pyproject && asksForMore(pyproject)) return errorRecord('source_invalid', { text: 'uv.no_project_table' });
  if (facts.hasSetupPy) return errorRecord('source_invalid', { text: 'uv.not_a_uv_project' });
  return { kind: 'empty' };
}

/** Returns true if there is something to install. Tables of other tools only (`[tool.slipway]`) need no install. */
const asksForMore = ({ hasBuildSystem, hasUvTable, groups }: Pyproject): boolean =>
  hasBuildSystem || hasUvTable || Object.keys(groups).length > 0;

/**
 * Returns the options of a sync. Default groups are for development. A profile adds the group or extra of its name, if
 * there is one.
 */
function syncOptions(facts: ProjectFacts, { environment, profile }: CheckInput): string[] {
  const { pyproject, lock } = facts;
  const group = named(pyproject?.groups ?? {}, profile);
  const extra = named(pyproject?.extras ?? {}, profile);
  return [
    ...memberOption(facts),
    ...(lock === undefined ? [] : ['--frozen']),
    ...(environment === 'dev' ? [] : ['--no-default-groups']),
    ...(group === undefined ? [] : ['--group', group]),
    ...(extra === undefined ? [] : ['--extra', extra]),
    ...(pyproject && isPoetryApp(pyproject) ? ['--no-install-project'] : []),
  ];
}

/** Returns true if code of the release itself gets into the environment. */
export function installsSource(facts: ProjectFacts, recipe: UvRecipe): boolean {
  if (recipe.kind === 'empty') return false;
  if (facts.member) return true; // the workspace's packages may be anywhere in the release
  const isInstalled = recipe.kind === 'project' && facts.pyproject && isPackaged(facts.pyproject);
  return isInstalled || (recipe.kind === 'project' && recipe.installsScripts) || dependsOnTree(facts);
}

/** Returns the texts that decide what is installed, by path. */
export function decidingFiles(
  { pyproject, lock, requirements }: ProjectFacts,
  recipe: UvRecipe,
): Record<string, string> {
  if (recipe.kind === 'requirements') {
    const { uvTable } = pyproject ?? {};
    return { ...Object.fromEntries(requirements), ...(uvTable !== undefined && { '[tool.uv]': uvTable }) };
  }
  if (recipe.kind === 'empty') return {};
  return { 'pyproject.toml': pyproject?.deciding ?? '', ...(lock !== undefined && { 'uv.lock': lock }) };
}
