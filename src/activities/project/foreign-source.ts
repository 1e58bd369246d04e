// Detects projects for which an installer would take packages from another place than the project names. Pure.
import { errorRecord, type ErrorRecord } from '../../contract/errors.js';
import type { ProjectFacts } from './facts.js';
import { indexOptions } from './requirements.js';

/** The spelling in uv's lock. pip uses this index, too, unless a setting names another. */
export const PUBLIC_INDEX = 'https://pypi.org/simple';
const REGISTRY = /\bregistry = "([^"\n]*)"/g;

/**
 * Returns an error if pip must not install the project. The project takes a package from a folder, a repository or its
 * own index, and pip could take it from the public index. Such settings for uv have no effect on pip, in the project
 * and in folders that it installs. `index` is the URL that replaces the public index for pip.
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
 * Returns an error if uv must not install `[project]`. The sources of its packages are then in a file that uv ignores,
 * and no file that uv reads has them. A lock has them.
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

/**
 * Returns an error if uv must not install a member of a workspace by itself, because the rest of the workspace was not
 * sent.
 */
export function missingWorkspace({ pyproject, member }: ProjectFacts): ErrorRecord | undefined {
  if (!pyproject?.hasWorkspaceSources || pyproject.hasUvWorkspace || member) return undefined;
  const packages = pyproject.uvSources.join(', ');
  return errorRecord('source_invalid', { text: 'workspace.root_missing', params: { packages } });
}

/** Returns an error if a member of a workspace has no name, by which it would be installed. */
export function unnamedMember({ pyproject, member }: ProjectFacts): ErrorRecord | undefined {
  if (!member || pyproject?.name !== undefined) return undefined;
  return errorRecord('source_invalid', { text: 'workspace.unnamed', params: { folder: member.folder } });
}

/** Returns uv's option to install only one member of a workspace. */
export const memberOption = ({ pyproject, member }: ProjectFacts): string[] =>
  member && pyproject?.name !== undefined ? ['--package', pyproject.name] : [];

/** `-e .` is the project itself. */
const isRoot = (path: string): boolean => /^\.?\/*$/.test(path);

const elsewhere = (where: string): ErrorRecord =>
  errorRecord('source_invalid', { text: 'uv.sources_elsewhere', params: { where } });

const isOther = (instead: string | undefined, index: string | undefined): boolean =>
  instead !== undefined && withoutSlash(instead) !== withoutSlash(index);

/** Checks match by match, because a lock may have a million of them. */
function isLockedElsewhere(lock: string, index: string | undefined): boolean {
  const expected = [PUBLIC_INDEX, index].map(withoutSlash);
  for (const [, url] of lock.matchAll(REGISTRY)) if (!expected.includes(withoutSlash(url))) return true;
  return false;
}

const withoutSlash = (url: string | undefined): string | undefined => (url?.endsWith('/') ? url.slice(0, -1) : url);
