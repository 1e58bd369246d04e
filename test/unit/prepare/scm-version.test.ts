import { expect, it } from '@jest/globals';
import { versionOf } from '../../../src/activities/prepare/scm-version.js';
import { readPyproject } from '../../../src/activities/project/pyproject.js';

const COMMIT = '7e3fafb21c0ffee0000000000000000000000000';
const project = (requires: string) =>
  readPyproject(`[project]\nname = "Tiny.Bot"\ndynamic = ["version"]\n[build-system]\nrequires = ["${requires}"]\n`);
const version = (requires: string, tag: string | undefined, distance: number) =>
  versionOf(project(requires), { commit: COMMIT, distance, ...(tag !== undefined && { tag }) })?.value;

/** What setuptools-scm 10.3.4 and dunamai 1.26.5 said of such repositories. */
it.each<[string | undefined, number, string | undefined, string | undefined]>([
  ['v1.2.3', 0, '1.2.3', '1.2.3'],
  ['v1.2.3', 2, '1.2.4.dev2+g7e3fafb21', '1.2.3.post2.dev0+7e3fafb'],
  ['v1.2', 3, '1.3.dev3+g7e3fafb21', '1.2.post3.dev0+7e3fafb'],
  ['v1.0-rc.1', 1, '1.0rc2.dev1+g7e3fafb21', '1.0rc1.post1.dev0+7e3fafb'],
  ['v2024.01', 1, '2024.2.dev1+g7e3fafb21', '2024.1.post1.dev0+7e3fafb'],
  ['release-3.4', 0, '3.4', undefined],
  [undefined, 5, '0.1.dev5+g7e3fafb21', '0.0.0.post5.dev0+7e3fafb'],
  ['build-of-2024', 1, '2025.dev1+g7e3fafb21', undefined],
  ['nightly-7-final', 1, undefined, undefined],
  ['v1.0.dev3', 1, undefined, undefined],
])(
  'the version after tag %s and %i commits is the same as the version of the build backend',
  (tag, distance, byScm, byDunamai) => {
    expect(version('setuptools-scm[toml]>=8', tag, distance)).toBe(byScm);
    expect(version('hatch-vcs', tag, distance)).toBe(byScm);
    expect(version('uv-dynamic-versioning', tag, distance)).toBe(byDunamai);
  },
);

it.each([
  ['setuptools_scm >= 8', 'SETUPTOOLS_SCM_PRETEND_VERSION_FOR_TINY_BOT'],
  ['hatch-vcs', 'SETUPTOOLS_SCM_PRETEND_VERSION'],
  ['uv-dynamic-versioning', 'UV_DYNAMIC_VERSIONING_BYPASS'],
  ['setuptools', undefined],
])('the build backend %s gets the version in the variable %s', (requires, variable) => {
  expect(versionOf(project(requires), { commit: COMMIT, distance: 0, tag: 'v1.0' })?.variable).toBe(variable);
});

it('the variable for the version contains the project name only if the name is valid', () => {
  const named = readPyproject(
    '[project]\nname = "a\\nADD http://h/x /x"\n[build-system]\nrequires = ["setuptools-scm"]\n',
  );
  expect(versionOf(named, { commit: 'c'.repeat(40), distance: 1 })?.variable).toBe('SETUPTOOLS_SCM_PRETEND_VERSION');
});
