// The version of a project that takes it from its tags: as its build backend would find it where `.git` is. Pure.
import type { BuildVersion } from '../../contract/steps.js';
import type { Pyproject } from '../project/pyproject.js';

/** Where a commit stands in a repository. */
export interface Described {
  commit: string;
  /** The nearest tag with a number in it, and the commits since; without one, the commits since the beginning. */
  tag?: string;
  distance: number;
}

interface Backend {
  /** What it is told a version by, in the place of asking git. */
  variable: (project: Pick<Pyproject, 'name'>) => string;
  version: (tag: string | undefined, described: Described) => string | undefined;
}

const PRETEND = 'SETUPTOOLS_SCM_PRETEND_VERSION';

/** By the names of packages in `[build-system] requires`. */
const BACKENDS: Readonly<Record<string, Backend>> = {
  // By the project's name: a dependency that is built meanwhile must not take the version for its own.
  'setuptools-scm': {
    variable: ({ name }) =>
      name === undefined ? PRETEND : `${PRETEND}_FOR_${name.toUpperCase().replaceAll('-', '_')}`,
    version: guessNext,
  },
  'hatch-vcs': { variable: () => PRETEND, version: guessNext }, // it asks setuptools-scm, and tells it no name
  'uv-dynamic-versioning': { variable: () => 'UV_DYNAMIC_VERSIONING_BYPASS', version: countPosts },
};

export const takesVersionFromTags = ({ buildRequires }: Pyproject): boolean => backendOf(buildRequires) !== undefined;

const backendOf = (buildRequires: readonly string[]): Backend | undefined =>
  buildRequires.map((name) => (Object.hasOwn(BACKENDS, name) ? BACKENDS[name] : undefined)).find((one) => one);

/** Undefined where its tag is no version. */
export function versionOf(project: Pyproject, described: Described): BuildVersion | undefined {
  const backend = backendOf(project.buildRequires);
  const tag = described.tag === undefined ? undefined : normalVersion(described.tag);
  if (!backend || (described.tag !== undefined && tag === undefined)) return undefined;
  const value = backend.version(tag, described);
  return value === undefined ? undefined : { value, variable: backend.variable(project) };
}

/** setuptools-scm's own default: the next version, and how many commits it is short of. */
function guessNext(tag = '0.0', { commit, tag: isTagged, distance }: Described): string | undefined {
  if (isTagged !== undefined && distance === 0) return tag;
  const [, before, last = ''] = /^(.*?)(\d+)$/.exec(tag) ?? [];
  if (before === undefined || /\.dev[1-9]/.test(tag)) return undefined; // it refuses such a tag, too
  const next = tag.endsWith('.dev0') ? tag.slice(0, -'.dev0'.length) : `${before}${String(Number(last) + 1)}`;
  return `${next}.dev${String(distance)}+g${commit.slice(0, 9)}`;
}

/** dunamai's default, which uv-dynamic-versioning uses. */
function countPosts(tag = '0.0.0', { commit, tag: isTagged, distance }: Described): string | undefined {
  if (isTagged !== undefined && (!/^v\d/.test(isTagged) || tag.includes('.dev'))) return undefined; // it reads no other
  if (isTagged !== undefined && distance === 0) return tag;
  return `${tag}.post${String(distance)}.dev0+${commit.slice(0, 7)}`;
}

/** `v1.2`, `release-1.2`; what stands behind a `+` is left out. */
const TAG = /^(?:[\w-]+-)?v?(\d[^+]*)(?:\+.*)?$/i;
const VERSION =
  /^(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(?:post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?$/i;
const STAGES: Readonly<Record<string, string>> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' };
/** Longer ones are no versions that anybody wrote. */
const MOST_CHARACTERS = 128;

/** As PEP 440 writes it: `1.2.3-RC1` is `1.2.3rc1`. */
function normalVersion(tag: string): string | undefined {
  if (tag.length > MOST_CHARACTERS) return undefined;
  const [, plain = ''] = TAG.exec(tag) ?? [];
  const found = VERSION.exec(plain);
  if (!found) return undefined;
  const [, epoch, release = '', stage, ofStage, post, named, dev, ofDev] = found;
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
