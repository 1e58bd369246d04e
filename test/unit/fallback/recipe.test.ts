import { expect, test } from 'vitest';
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
  ['requirement files', { files: ['requirements.txt'] }, { files: ['requirements.txt'], requirements: [] }],
  ['an app without a backend: its dependencies', { pyproject: PROJECT }, { files: [], requirements: ['six'] }],
  ['a package: itself', { pyproject: PROJECT + BUILD }, { files: [], requirements: [], project: '.' }],
  [
    'an app of Poetry, which builds no package: its dependencies',
    { pyproject: `${PROJECT}${BUILD}[tool.poetry]\npackage-mode = false\n` },
    { files: [], requirements: ['six'] },
  ],
  [
    'a package with a requirements file: both',
    { pyproject: PROJECT + BUILD, files: ['r.txt'] },
    { files: ['r.txt'], requirements: [], project: '.' },
  ],
  [
    'the script that is run',
    { pyproject: PROJECT + SCRIPT, command: 'x --port 1' },
    { files: [], requirements: [], project: '.' },
  ],
  ['a script that is not run', { pyproject: PROJECT + SCRIPT }, { files: [], requirements: ['six'] }],
  ['setup.py alone', { setup: true }, { files: [], requirements: [], project: '.' }],
  ['setup.py beside requirements', { setup: true, files: ['r.txt'] }, { files: ['r.txt'], requirements: [] }],
  ['a pyproject.toml of tools only', { pyproject: '[tool.ruff]\n' }, { files: [], requirements: [] }],
  [
    'the extra of the profile',
    { pyproject: PROJECT + EXTRA, profile: 'web' },
    { files: [], requirements: ['six', 'gunicorn'] },
  ],
  [
    'the extra of a package',
    { pyproject: PROJECT + EXTRA + BUILD, profile: 'web' },
    { files: [], requirements: [], project: '.[Web]' },
  ],
  [
    'the group of the profile',
    { pyproject: PROJECT + GROUPS, profile: 'web' },
    { files: [], requirements: ['six', 'flask'] },
  ],
  [
    'dev groups in dev',
    { pyproject: PROJECT + GROUPS, environment: 'dev' },
    { files: [], requirements: ['six', 'pytest'] },
  ],
  ['a profile of no group', { pyproject: PROJECT + GROUPS, profile: 'gpu' }, { files: [], requirements: ['six'] }],
])('the pip recipe is derived from the project: %s', (_, of, expected) => {
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
  ['a dependency', { pyproject: PROJECT + sources('six') }, 'sources'],
  [
    'a dependency, spelt otherwise',
    { pyproject: PROJECT.replace('six', 'My_Lib[x]>=1') + sources('my-lib') },
    'sources',
  ],
  ['a dependency of a package', { pyproject: PROJECT + BUILD + sources('SIX') }, 'sources'],
  [
    'what a package is built with',
    { pyproject: PROJECT + BUILD.replace('[]', '["hatch-x"]') + sources('hatch_x') },
    'sources',
  ],
  [
    'a package whose dependencies only its backend knows',
    {
      pyproject: PROJECT.replace('dependencies = ["six"]', 'dynamic = ["dependencies"]') + BUILD + sources('any'),
    },
    'sources',
  ],
  ['the extra that is installed', { pyproject: PROJECT + EXTRA + sources('gunicorn'), profile: 'web' }, 'sources'],
  ['an extra that is not', { pyproject: PROJECT + EXTRA + sources('gunicorn') }, 'sources'],
  ['the group that is installed', { pyproject: PROJECT + GROUPS + sources('flask'), profile: 'web' }, 'sources'],
  ['a package that nobody takes', { pyproject: PROJECT + sources('other') }, 'sources'],
  ['requirement files alone', { pyproject: sources('six'), files: ['requirements.txt'] }, 'sources'],
  ['an index before the public one', { pyproject: PROJECT + index('') }, 'indexes'],
  ['an index before it, for requirement files', { pyproject: index(''), files: ['requirements.txt'] }, 'indexes'],
  ['an index for what names it', { pyproject: PROJECT + index('explicit = true') }, undefined],
  ['an index in the place of the public one', { pyproject: PROJECT + index('default = true') }, undefined],
  ['folders of archives', { pyproject: `${PROJECT}[tool.uv]\nfind-links = ["wheels"]\n` }, 'indexes'],
  [
    'an override by URL',
    { pyproject: `${PROJECT}[tool.uv]\noverride-dependencies = ["b @ git+https://h/b"]\n` },
    'sources',
  ],
  ['an override by version', { pyproject: `${PROJECT}[tool.uv]\noverride-dependencies = ["b==1"]\n` }, undefined],
  [
    'an index of uv pip',
    { pyproject: '[tool.uv.pip]\nindex-url = "https://own.example"\n', files: ['r.txt'] },
    'indexes',
  ],
  ['a uv.toml', { pyproject: PROJECT, uvToml: true }, 'indexes'],
  ['a lock of the public index', { pyproject: PROJECT, lock: lock(PUBLIC_INDEX) }, undefined],
  ['a lock of another one', { pyproject: PROJECT, lock: lock('https://own.example/simple') }, 'indexes'],
  [
    'a lock of the default one',
    { pyproject: PROJECT + index('default = true'), lock: lock('https://own.example/simple/') },
    undefined,
  ],
  ['a folder that is installed', { files: ['r.txt'], locals: [PROJECT + sources('six')] }, 'sources'],
  ['an index of a folder that is installed', { files: ['r.txt'], locals: [PROJECT + index('')] }, 'indexes'],
  [
    'a default index of a folder that is installed',
    { files: ['r.txt'], locals: [PROJECT + index('default = true')] },
    'indexes',
  ],
  ['a folder without settings', { files: ['r.txt'], locals: [PROJECT] }, undefined],
  [
    'an index that is a folder',
    { pyproject: PROJECT + index('default = true').replace('https://own.example/', '') },
    'indexes',
  ],
  ['a source of Poetry', { pyproject: `${PROJECT}[[tool.poetry.source]]\nname = "own"\n` }, 'indexes'],
  ['an index, and nothing to install', { pyproject: index('') }, undefined],
])('the fallback mode is refused only if pip would ignore package sources of uv: %s', (_, of, kind) => {
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
    'without hashes all is one call',
    { pyproject: PROJECT + BUILD + GROUPS, files: ['r.txt'], profile: 'web' },
    [['install', '-r', 'r.txt', '-r', 'own.txt', '.']],
  ],
  ['with hashes alone, too', { files: ['r.txt'], texts: { 'r.txt': HASHED } }, [['install', '-r', 'r.txt']]],
  [
    'with hashes the project takes what the files brought',
    { pyproject: PROJECT + BUILD, files: ['r.txt'], texts: { 'r.txt': '-r base.txt', 'base.txt': HASHED } },
    [['install', '-r', 'r.txt'], ['install', '--no-deps', '.'], ['check']],
  ],
  [
    'with an index in the files, it is the project’s, too',
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
])('the calls of pip depend on hashes and indexes in the requirement files: %s', (_, of, calls) => {
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
  ['requirements with an index', { pyproject: PROJECT, files: ['r.txt'], texts: { 'r.txt': own } }, 'r.txt'],
  [
    'requirements with a folder',
    { pyproject: PROJECT, files: ['requirements.txt'], paths: ['./lib'] },
    'requirements.txt',
  ],
  ['requirements that name the project', { pyproject: PROJECT, files: ['requirements.txt'], paths: ['.'] }, undefined],
  ['plain requirements', { pyproject: PROJECT, files: ['r.txt'], texts: { 'r.txt': 'six\n' } }, undefined],
  [
    'the same with a lock',
    { pyproject: PROJECT, lock: 'version = 1', files: ['r.txt'], texts: { 'r.txt': own } },
    undefined,
  ],
  ['the same in [tool.uv]', { pyproject: PROJECT + index(''), files: ['r.txt'], texts: { 'r.txt': own } }, undefined],
  [
    'a source of Poetry',
    { pyproject: `${PROJECT}[[tool.poetry.source]]\nname = "own"\n` },
    'pyproject.toml (Poetry, PDM)',
  ],
  ['a source of PDM', { pyproject: `${PROJECT}[[tool.pdm.source]]\nname = "own"\n` }, 'pyproject.toml (Poetry, PDM)'],
  ['no [project]', { files: ['r.txt'], texts: { 'r.txt': own } }, undefined],
])('package sources that uv would ignore are searched in %s', (_, of, where) => {
  expect(unreadSource(given(of).facts)?.params).toEqual(where === undefined ? undefined : { where });
});

test('the default index of uv is also used by pip', () => {
  expect(recipe({ pyproject: PROJECT + index('default = true') }).index).toBe('https://own.example/simple');
  expect(recipe({ pyproject: `${PROJECT}[tool.uv]\nindex-url = "https://u.example"\n` }).index).toBe(
    'https://u.example',
  );
});
