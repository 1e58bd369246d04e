import { expect, test } from 'vitest';
import { pipRecipe, type PipRecipe } from '../../../src/activities/fallback/recipe.js';
import type { ProjectFacts } from '../../../src/activities/project/facts.js';
import { readPyproject } from '../../../src/activities/project/pyproject.js';
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
  profile?: string;
  environment?: 'dev' | 'prod';
  command?: string;
}

function recipe({
  pyproject,
  files = [],
  setup = false,
  profile,
  environment = 'prod',
  command = 'python main.py',
}: Case): PipRecipe {
  const facts: ProjectFacts = {
    ...(pyproject !== undefined && { pyproject: readPyproject(pyproject) }),
    hasSetupPy: setup,
    requirementFiles: files,
    requirements: new Map(),
    hasLocalRequirement: false,
  };
  return pipRecipe(facts, {
    ...attemptRef(),
    environment,
    profile,
    forceRebuild: false,
    release: { sourceHash: 'h', kind: 'worker', command },
  });
}

test.each<[string, Case, PipRecipe]>([
  ['requirement files', { files: ['requirements.txt'] }, { files: ['requirements.txt'], requirements: [] }],
  ['an app without a backend: its dependencies', { pyproject: PROJECT }, { files: [], requirements: ['six'] }],
  ['a package: itself', { pyproject: PROJECT + BUILD }, { files: [], requirements: [], project: '.' }],
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
])('%s', (_, given, expected) => {
  expect(recipe(given)).toEqual(expected);
});
