// Calculates the version of a project that takes it from tags, as its build backend would with `.git`. Pure.
import type { BuildVersion } from '../../contract/steps.js';
import type { Pyproject } from '../project/pyproject.js';

/** The position of a commit in a repository. */
export interface Described {
  commit: string;
  /**
   * The nearest tag with a number in it. `distance` counts the commits since the tag, or since the first commit if
   * there is no tag.
   */
  tag?: string;
  distance: number;
}

interface Backend {
  /** The variable that sets the version, so that the backend doesn't query git. */
  variable: (project: Pick<Pyproject, 'name'>) => string;
  version: (tag: string | undefined, described: Described) => string | undefined;
}

const PRETEND = 'SETUPTOOLS_SCM_PRETEND_VERSION';

/** Keyed by package name in `[build-system] requires`. */
const BACKENDS: Readonly<Record<string, Backend>> = {
  // Includes the project's name, so that a dependency that is built meanwhile doesn't use the version.
  'setuptools-scm': {
    variable: ({ name }) =>
      name === undefined ? PRETEND : `${PRETEND}_FOR_${name.toUpperCase().replaceAll('-', '_')}`,
    version: guessNext,
  },
  'hatch-vcs': { variable: () => PRETEND, version: guessNext }, // it calls setuptools-scm without a name
  'uv-dynamic-versioning': { variable: () => 'UV_DYNAMIC_VERSIONING_BYPASS', version: countPosts },
};

export const takesVersionFromTags = ({ buildRequires }: Pyproject): boolean => backendOf(buildRequires) !== undefined;

const backendOf = (buildRequires: readonly string[]): Backend | undefined =>
  buildRequires.map((name) => (Object.hasOwn(BACKENDS, name) ? BACKENDS[name] : undefined)).find((backend) => backend);

/** Returns undefined if the tag isn't a version. */
export function versionOf(project: Pyproject, described: Described): BuildVersion | undefined {
  const backend = backendOf(project.buildRequires);
  const tag = described.tag === undefined ? undefined : normalVersion(described.tag);
  if (!backend || (described.tag !== undefined && tag === undefined)) return undefined;
  const value = backend.version(tag, described);
  return value === undefined ? undefined : { value, variable: backend.variable(project) };
}

/** Follows setuptools-scm's default: the next version, and the number of commits. */
function guessNext(tag = '0.0', { commit, tag: isTagged, distance }: Described): string | undefined {
  if (isTagged !== undefined && distance === 0) return tag;
  const [, before, last = ''] = /^(.*?)(\d+)$/.exec(tag) ?? [];
  if (before === undefined || /\.dev[1-9]/.test(tag)) return undefined; // setuptools-scm rejects this tag, too
  const next = tag.endsWith('.dev0') ? tag.slice(0, -'.dev0'.length) : `${before}${String(Number(last) + 1)}`;
  return `${next}.dev${String(distance)}+g${commit.slice(0, 9)}`;
}

/** Follows dunamai's default, which uv-dynamic-versioning uses. */
function countPosts(tag = '0.0.0', { commit, tag: isTagged, distance }: Described): string | undefined {
  // The backend reads no other tag.
  if (isTagged !== undefined && (!/^v\d/.test(isTagged) || tag.includes('.dev'))) return undefined;
  if (isTagged !== undefined && distance === 0) return tag;
  return `${tag}.post${String(distance)}.dev0+${commit.slice(0, 7)}`;
}

/** Matches `v1.2` and `release-1.2`. The part after a `+` is ignored. */
const TAG = /^(?:[\w-]+-)?v?(\d[^+]*)(?:\+.*)?$/i;
const VERSION =
  /^(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(?:post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?$/i;
const STAGES: Readonly<Record<string, string>> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' };
/** A longer text isn't a version. */
const MOST_CHARACTERS = 128;

/** Normalizes a version as in PEP 440: `1.2.3-RC1` becomes `1.2.3rc1`. */
function normalVersion(tag: string): string | undefined {
  if (tag.length > MOST_CHARACTERS) return undefined;
  const [, plain = ''] = TAG.exec(tag) ?? [];
  const match = VERSION.exec(plain);
  if (!match) return undefined;
  const [, epoch, release = '', stage, ofStage, post, named, dev, ofDev] = match;
  const numbers = release.split('.').map((part) => String(Number(part)));
  const lower = stage?.toLowerCase();
  const isPost = post !== undefined || named !== undefined;
  return [
    epoch === undefined || Number(epoch) === 0 ? '' : `${String(Number(epoch))}!`,
    numbers.join('.'),
    lower === undefined ? '' : `${STAGES[lower] ?? lower}${String(Number(ofStage))}`,
    isPost ? `.post${String(Number(post ?? named))}` : '',
    dev === undefined ? '' : `.dev${String(Number(ofDev))}`,
  ].join('');
}
