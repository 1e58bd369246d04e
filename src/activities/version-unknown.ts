// Detects errors of build backends that search for a version in git without a repository. Pure.
import { SlipwayError } from '../contract/errors.js';

/** The messages of setuptools-scm (also from hatch-vcs) and of dunamai (from uv-dynamic-versioning). */
const UNKNOWN =
  /setuptools.scm was unable to detect version|version from source `(?:vcs|uv-dynamic-versioning)`|Unable to detect version control system/i;

/**
 * Returns the error. A source from git includes its version. Other sources have no `.git`, and a repository may have a
 * tag that isn't a version.
 */
export const versionUnknown = (output: string, logTail: string[]): SlipwayError | undefined =>
  UNKNOWN.test(output) ? new SlipwayError('build_failed', { text: 'build_failed.no_version', logTail }) : undefined;
