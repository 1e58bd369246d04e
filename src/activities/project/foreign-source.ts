// Where pip would take packages from another place than the project says. Pure.
import { errorRecord, type ErrorRecord } from '../../contract/errors.js';
import type { ProjectFacts } from './facts.js';
import { indexOptions } from './requirements.js';

/** As uv writes it into a lock: what pip takes from, too, unless a setting says otherwise. */
export const PUBLIC_INDEX = 'https://pypi.org/simple';
const REGISTRY = /\bregistry = "([^"\n]*)"/g;

/**
 * Why pip must not install the project: it could take a package from the public index that the project takes from a folder,
 * a repository or an index of its own. pip reads nothing of what a project, or a folder that it installs, tells uv about
 * that. `index` is the URL that pip is given in the place of the public one.
 */
export function foreignSource(facts: ProjectFacts, index?: string): ErrorRecord | undefined {
  const { pyproject, localProjects, lock = '', hasUvSettings } = facts;
  const projects = pyproject ? [pyproject, ...localProjects] : localProjects;
  const packages = [...new Set(projects.flatMap(({ uvSources }) => uvSources))].join(', ');
  if (packages !== '') return errorRecord('source_invalid', { text: 'fallback.uv_sources', params: { packages } });
  const namesMore = projects.some(
    ({ uvIndexes, hasOtherSources }) => hasOtherSources || uvIndexes.hasMore || isOther(uvIndexes.instead, index),
  );
  const hasOtherIndexes = hasUvSettings || namesMore || isLockedElsewhere(lock, index);
  return hasOtherIndexes ? errorRecord('source_invalid', { text: 'fallback.uv_indexes' }) : undefined;
}

/**
 * Why uv must not install `[project]`: what says where its packages come from stands where uv does not look, and nothing
 * that it reads says it. A lock does.
 */
export function unreadSource({
  pyproject,
  lock,
  hasUvSettings,
  localRequirements,
  requirements,
}: ProjectFacts): ErrorRecord | undefined {
  if (!pyproject?.hasProject || lock !== undefined || hasUvSettings) return undefined;
  const { uvSources, uvIndexes, hasOtherSources } = pyproject;
  if (uvSources.length > 0 || uvIndexes.hasMore || uvIndexes.instead !== undefined) return undefined;
  if (hasOtherSources) return elsewhere('pyproject.toml (Poetry, PDM)');
  const namesOthers = localRequirements.some((path) => !isRoot(path));
  const file = [...requirements].find(([path, text]) => indexOptions(path, text).length > 0)?.[0];
  if (file !== undefined) return elsewhere(file);
  return namesOthers ? elsewhere('requirements.txt') : undefined;
}

/** Why uv must not install a member of a workspace by itself: what stands beside it was not sent. */
export function missingWorkspace({ pyproject, member }: ProjectFacts): ErrorRecord | undefined {
  if (!pyproject?.hasWorkspaceSources || pyproject.hasUvWorkspace || member) return undefined;
  const packages = pyproject.uvSources.join(', ');
  return errorRecord('source_invalid', { text: 'workspace.root_missing', params: { packages } });
}

/** Why a member of a workspace can't be installed by its name: it has none. */
export function unnamedMember({ pyproject, member }: ProjectFacts): ErrorRecord | undefined {
  if (!member || pyproject?.name !== undefined) return undefined;
  return errorRecord('source_invalid', { text: 'workspace.unnamed', params: { folder: member.folder } });
}

/** The option by which uv installs a member of a workspace alone. */
export const memberOption = ({ pyproject, member }: ProjectFacts): string[] =>
  member && pyproject?.name !== undefined ? ['--package', pyproject.name] : [];

/** `-e .` is the project itself. */
const isRoot = (path: string): boolean => /^\.?\/*$/.test(path);

const elsewhere = (where: string): ErrorRecord =>
  errorRecord('source_invalid', { text: 'uv.sources_elsewhere', params: { where } });

const isOther = (instead: string | undefined, index: string | undefined): boolean =>
  instead !== undefined && withoutSlash(instead) !== withoutSlash(index);

/** Match by match: a lock may name a million of them. */
function isLockedElsewhere(lock: string, index: string | undefined): boolean {
  const known = [PUBLIC_INDEX, index].map(withoutSlash);
  for (const [, url] of lock.matchAll(REGISTRY)) if (!known.includes(withoutSlash(url))) return true;
  return false;
}

const withoutSlash = (url: string | undefined): string | undefined => (url?.endsWith('/') ? url.slice(0, -1) : url);
