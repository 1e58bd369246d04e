import { expect, test } from '@jest/globals';
import {
  isEmpty,
  pipCalls,
  pipRecipe,
  unhashedGroups,
  type PipRecipe,
} from '../../../src/activities/fallback/recipe.js';
import { foreignSource, PUBLIC_INDEX, unreadSource } from '../../../src/activities/project/foreign-source.js';
import type { ProjectFacts } from '../../../src/activities/project/facts.js';
import { readPyproject } from '../../../src/activities/project/pyproject.js';
import type { CheckInput } from '../../../src/contract/steps.js';
import { attemptRef } from '../../support/activity-host.js';

const BUILD = '[build-system]\nrequires = []\nbuild-backend = "b"\n';
const PROJECT = '[project]\nname = "x"\nversion = "1"\ndependencies = ["six"]\n';
const SCRIPT = '[project.scripts]\nx = "x:main"\n';
const EXTRA = '[project.optional-dependencies]\nWeb = ["gunicorn"]\n';
const GROUPS = '[dependency-groups]\ndev = ["pytest"]\nweb = ["flask"]\n';

interface Case {
  pyproject?: string;
  files?: string[];
  setup?: boolean;
  uvToml?: boolean;
  /** Texts of requirement files. */
  texts?: Record<string, string>;
  /** Folders of the project that they name. */
  paths?: string[];
  /** pyproject.toml of folders that requirements install. */
  locals?: string[];
  lock?: string;
  profile?: string;
  environment?: 'dev' | 'prod';
  command?: string;
}

function given({
  pyproject,
  files = [],
  setup = false,
  uvToml = false,
  texts = {},
  paths = [],
  locals = [],
  lock,
  profile,
  environment = 'prod',
  command = 'python main.py',
}: Case): { facts: ProjectFacts; input: CheckInput } {
  const facts: ProjectFacts = {
    ...(pyproject !== undefined && { pyproject: readPyproject(pyproject) }),
    hasSetupPy: setup,
    hasUvSettings: uvToml,
    ...(lock !== undefined && { lock }),
    requirementFiles: files,
    requirements: new Map(Object.entries(texts)),
    localRequirements: paths,
    localProjects: locals.map(readPyproject),
  };
  const release = { sourceHash: 'h', kind: 'worker', command } as const;
  return { facts, input: { ...attemptRef(), environment, profile, forceRebuild: false, release } };
}

function recipe(of: Case): PipRecipe {
  const { facts, input } = given(of);
  return pipRecipe(facts, input);
}

test.each<[string, Case, PipRecipe]>([
  [
    'contains the requirement files',
    { files: ['requirements.txt'] },
    { files: ['requirements.txt'], requirements: [] },
  ],
  [
    'contains the dependencies of a project without a build backend',
    { pyproject: PROJECT },
    { files: [], requirements: ['six'] },
  ],
  [
    'contains the project itself if the project has a build backend',
    { pyproject: PROJECT + BUILD },
    { files: [], requirements: [], project: '.' },
  ],
  [
    'contains the dependencies of a Poetry app that isn’t built as a package',
    { pyproject: `${PROJECT}${BUILD}[tool.poetry]\npackage-mode = false\n` },
    { files: [], requirements: ['six'] },
  ],
  [
    'contains both the package and its requirement file',
    { pyproject: PROJECT + BUILD, files: ['r.txt'] },
    { files: ['r.txt'], requirements: [], project: '.' },
  ],
  [
    'contains the project itself if the command runs a script of the project',
    { pyproject: PROJECT + SCRIPT, command: 'x --port 1' },
    { files: [], requirements: [], project: '.' },
  ],
  [
    'contains only the dependencies if the command doesn’t run a script of the project',
    { pyproject: PROJECT + SCRIPT },
    { files: [], requirements: ['six'] },
  ],
  [
    'contains the project itself if the project has only setup.py',
    { setup: true },
    { files: [], requirements: [], project: '.' },
  ],
  [
    'contains only the requirement files of a project with setup.py',
    { setup: true, files: ['r.txt'] },
    { files: ['r.txt'], requirements: [] },
  ],
  [
    'is empty for a pyproject.toml with only tool settings',
    { pyproject: '[tool.ruff]\n' },
    { files: [], requirements: [] },
  ],
  [
    'contains the extra of the profile',
    { pyproject: PROJECT + EXTRA, profile: 'web' },
    { files: [], requirements: ['six', 'gunicorn'] },
  ],
  [
    'contains a package with the extra of the profile',
    { pyproject: PROJECT + EXTRA + BUILD, profile: 'web' },
    { files: [], requirements: [], project: '.[Web]' },
  ],
  [
    'contains the dependency group of the profile',
    { pyproject: PROJECT + GROUPS, profile: 'web' },
    { files: [], requirements: ['six', 'flask'] },
  ],
  [
    'contains the dev group in the dev environment',
    { pyproject: PROJECT + GROUPS, environment: 'dev' },
    { files: [], requirements: ['six', 'pytest'] },
  ],
  [
    'contains only the dependencies if the profile matches no group',
    { pyproject: PROJECT + GROUPS, profile: 'gpu' },
    { files: [], requirements: ['six'] },
  ],
])('the pip recipe %s', (_, of, expected) => {
  expect(recipe(of)).toEqual(expected);
});

const sources = (...names: string[]) => `[tool.uv.sources]\n${names.map((n) => `${n} = { path = "lib" }\n`).join('')}`;
const lock = (url: string) => `[[package]]\nsource = { registry = "${url}" }\n`;
const index = (more: string) => `[[tool.uv.index]]\nname = "own"\nurl = "https://own.example/simple"\n${more}\n`;
const reasonOf = (of: Case): string | undefined => {
  const { facts, input } = given(of);
  const recipe = pipRecipe(facts, input);
  return isEmpty(recipe) ? undefined : foreignSource(facts, recipe.index)?.text;
};

test.each<[string, Case, 'sources' | 'indexes' | undefined]>([
  ['refused if a dependency has a uv source', { pyproject: PROJECT + sources('six') }, 'sources'],
  [
    'refused if a uv source spells the name of a dependency differently',
    { pyproject: PROJECT.replace('six', 'My_Lib[x]>=1') + sources('my-lib') },
    'sources',
  ],
  ['refused if a dependency of a package has a uv source', { pyproject: PROJECT + BUILD + sources('SIX') }, 'sources'],
  [
    'refused if a build requirement has a uv source',
    { pyproject: PROJECT + BUILD.replace('[]', '["hatch-x"]') + sources('hatch_x') },
    'sources',
  ],
  [
    'refused for a uv source if the build backend determines the dependencies',
    {
      pyproject: PROJECT.replace('dependencies = ["six"]', 'dynamic = ["dependencies"]') + BUILD + sources('any'),
    },
    'sources',
  ],
  [
    'refused if an installed extra has a uv source',
    { pyproject: PROJECT + EXTRA + sources('gunicorn'), profile: 'web' },
    'sources',
  ],
  [
    'refused if an extra that isn’t installed has a uv source',
    { pyproject: PROJECT + EXTRA + sources('gunicorn') },
    'sources',
  ],
  [
    'refused if an installed group has a uv source',
    { pyproject: PROJECT + GROUPS + sources('flask'), profile: 'web' },
    'sources',
  ],
  ['refused if a package that isn’t required has a uv source', { pyproject: PROJECT + sources('other') }, 'sources'],
  [
    'refused for a uv source even if the dependencies are in requirement files',
    { pyproject: sources('six'), files: ['requirements.txt'] },
    'sources',
  ],
  ['refused for a uv index that is searched before the public index', { pyproject: PROJECT + index('') }, 'indexes'],
  [
    'refused for a uv index even if the dependencies are in requirement files',
    { pyproject: index(''), files: ['requirements.txt'] },
    'indexes',
  ],
  ['accepted for an explicit uv index', { pyproject: PROJECT + index('explicit = true') }, undefined],
  [
    'accepted for a uv index that replaces the public index',
    { pyproject: PROJECT + index('default = true') },
    undefined,
  ],
  [
    'refused for a folder of archives in the uv settings',
    { pyproject: `${PROJECT}[tool.uv]\nfind-links = ["wheels"]\n` },
    'indexes',
  ],
  [
    'refused for an override by URL',
    { pyproject: `${PROJECT}[tool.uv]\noverride-dependencies = ["b @ git+https://h/b"]\n` },
    'sources',
  ],
  [
    'accepted for an override by version',
    { pyproject: `${PROJECT}[tool.uv]\noverride-dependencies = ["b==1"]\n` },
    undefined,
  ],
  [
    'refused for an index of uv pip',
    { pyproject: '[tool.uv.pip]\nindex-url = "https://own.example"\n', files: ['r.txt'] },
    'indexes',
  ],
  ['refused for a uv.toml', { pyproject: PROJECT, uvToml: true }, 'indexes'],
  ['accepted for a lock of the public index', { pyproject: PROJECT, lock: lock(PUBLIC_INDEX) }, undefined],
  ['refused for a lock of another index', { pyproject: PROJECT, lock: lock('https://own.example/simple') }, 'indexes'],
  [
    'accepted for a lock of the default index',
    { pyproject: PROJECT + index('default = true'), lock: lock('https://own.example/simple/') },
    undefined,
  ],
  [
    'refused if an installed folder has a uv source',
    { files: ['r.txt'], locals: [PROJECT + sources('six')] },
    'sources',
  ],
  ['refused if an installed folder has a uv index', { files: ['r.txt'], locals: [PROJECT + index('')] }, 'indexes'],
  [
    'refused if an installed folder has a default uv index',
    { files: ['r.txt'], locals: [PROJECT + index('default = true')] },
    'indexes',
  ],
  ['accepted if an installed folder has no uv settings', { files: ['r.txt'], locals: [PROJECT] }, undefined],
  [
    'refused for a uv index that is a folder',
    { pyproject: PROJECT + index('default = true').replace('https://own.example/', '') },
    'indexes',
  ],
  [
    'refused for a package source of Poetry',
    { pyproject: `${PROJECT}[[tool.poetry.source]]\nname = "own"\n` },
    'indexes',
  ],
  ['accepted for a uv index if pip installs no package', { pyproject: index('') }, undefined],
])('the fallback mode is %s', (_, of, kind) => {
  expect(reasonOf(of)).toBe(kind && `fallback.uv_${kind}`);
});

const SELF = `${PROJECT}[project.optional-dependencies]
web = ["gunicorn", "X[db]"]
db = ["psycopg", "x[web]"]
all = ["x[web, db]", "x", "x[none]"]
odd = ["x[web] ; python_version > '3'"]
`;

test.each([
  ['all', ['six', 'gunicorn', 'psycopg']],
  ['web', ['six', 'gunicorn', 'psycopg']],
])(
  'an extra that refers to the app itself is replaced by the requirements of the named extras: %s',
  (profile, requirements) => {
    expect(recipe({ pyproject: SELF, profile })).toEqual({ files: [], requirements });
  },
);

test('a group that refers to the app itself is replaced by the requirements of the named extras', () => {
  const pyproject = `${SELF}[dependency-groups]\ndev = ["x[db]", "pytest"]\n`;
  expect(recipe({ pyproject, environment: 'dev' }).requirements).toEqual(['six', 'psycopg', 'gunicorn', 'pytest']);
});

test('the extras of a package that refers to itself are resolved by pip', () => {
  expect(recipe({ pyproject: SELF + BUILD, profile: 'all' })).toEqual({
    files: [],
    requirements: [],
    project: '.[all]',
  });
});

test('an extra that refers to the app itself under a condition is refused', () => {
  expect(() => recipe({ pyproject: SELF, profile: 'odd' })).toThrow(
    expect.objectContaining({ text: 'fallback.conditional_self' }),
  );
});

const HASHED = `six==1.16.0 \\\n    --hash=sha256:${'0'.repeat(64)}\n`;

test.each<[string, Case, string[][]]>([
  [
    'all requirements in one call if no requirement has a hash',
    { pyproject: PROJECT + BUILD + GROUPS, files: ['r.txt'], profile: 'web' },
    [['install', '-r', 'r.txt', '-r', 'own.txt', '.']],
  ],
  [
    'requirement files with hashes in one call if the project has no other requirements',
    { files: ['r.txt'], texts: { 'r.txt': HASHED } },
    [['install', '-r', 'r.txt']],
  ],
  [
    'a project without its dependencies if the requirement files have hashes',
    { pyproject: PROJECT + BUILD, files: ['r.txt'], texts: { 'r.txt': '-r base.txt', 'base.txt': HASHED } },
    [['install', '-r', 'r.txt'], ['install', '--no-deps', '.'], ['check']],
  ],
  [
    'a project from the indexes of its requirement files if the requirement files have hashes',
    {
      pyproject: PROJECT + BUILD,
      files: ['r.txt'],
      texts: { 'r.txt': `--index-url=https://own.example/simple -f wheels\n--no-index\n--pre\n${HASHED}` },
    },
    [
      ['install', '-r', 'r.txt'],
      ['install', '--no-deps', '--index-url', 'https://own.example/simple', '-f', 'wheels', '--no-index', '.'],
      ['check'],
    ],
  ],
])('pip installs %s', (_, of, calls) => {
  const { facts, input } = given(of);
  expect(pipCalls(facts, pipRecipe(facts, input), 'own.txt')).toEqual(calls);
});

test('a group without hashes is refused beside requirement files with hashes', () => {
  const { facts, input } = given({ pyproject: GROUPS, files: ['r.txt'], profile: 'web', texts: { 'r.txt': HASHED } });
  expect(unhashedGroups(facts, pipRecipe(facts, input))?.text).toBe('fallback.unhashed_groups');
  const alone = given({ pyproject: GROUPS, files: ['r.txt'], texts: { 'r.txt': HASHED } });
  expect(unhashedGroups(alone.facts, pipRecipe(alone.facts, alone.input))).toBeUndefined();
});

const own = '--index-url https://own.example/simple\nsix\n';

test.each<[string, Case, string | undefined]>([
  [
    'is reported for a requirement file with an index',
    { pyproject: PROJECT, files: ['r.txt'], texts: { 'r.txt': own } },
    'r.txt',
  ],
  [
    'is reported for a requirement file with a folder',
    { pyproject: PROJECT, files: ['requirements.txt'], paths: ['./lib'] },
    'requirements.txt',
  ],
  [
    'isn’t reported for a requirement file with the project itself',
    { pyproject: PROJECT, files: ['requirements.txt'], paths: ['.'] },
    undefined,
  ],
  [
    'isn’t reported for plain requirements',
    { pyproject: PROJECT, files: ['r.txt'], texts: { 'r.txt': 'six\n' } },
    undefined,
  ],
  [
    'isn’t reported for a project with a lock',
    { pyproject: PROJECT, lock: 'version = 1', files: ['r.txt'], texts: { 'r.txt': own } },
    undefined,
  ],
  [
    'isn’t reported for a project with an index in [tool.uv]',
    { pyproject: PROJECT + index(''), files: ['r.txt'], texts: { 'r.txt': own } },
    undefined,
  ],
  [
    'is reported for a package source of Poetry',
    { pyproject: `${PROJECT}[[tool.poetry.source]]\nname = "own"\n` },
    'pyproject.toml (Poetry, PDM)',
  ],
  [
    'is reported for a package source of PDM',
    { pyproject: `${PROJECT}[[tool.pdm.source]]\nname = "own"\n` },
    'pyproject.toml (Poetry, PDM)',
  ],
  ['isn’t reported for a project without a [project] table', { files: ['r.txt'], texts: { 'r.txt': own } }, undefined],
])('a package source that uv would ignore %s', (_, of, where) => {
  expect(unreadSource(given(of).facts)?.params).toEqual(where === undefined ? undefined : { where });
});

test('the default index of uv is also used by pip', () => {
  expect(recipe({ pyproject: PROJECT + index('default = true') }).index).toBe('https://own.example/simple');
  expect(recipe({ pyproject: `${PROJECT}[tool.uv]\nindex-url = "https://u.example"\n` }).index).toBe(
    'https://u.example',
  );
});
