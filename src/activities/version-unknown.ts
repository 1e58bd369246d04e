// What build backends say that look for a version in git, where there is none. Pure.
import { SlipwayError } from '../contract/errors.js';

/** Of setuptools-scm (also by hatch-vcs), and of dunamai (by uv-dynamic-versioning). */
const UNKNOWN =
  /setuptools.scm was unable to detect version|version from source `(?:vcs|uv-dynamic-versioning)`|Unable to detect version control system/i;

/** A source of git brings its version. Others have no `.git`, and a repository may have a tag that is no version. */
export const versionUnknown = (output: string, logTail: string[]): SlipwayError | undefined =>
  UNKNOWN.test(output) ? new SlipwayError('build_failed', { text: 'build_failed.no_version', logTail }) : undefined;
