import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { detect, type Detected, type ProjectFiles, type Wishes } from '../../../src/activities/prepare/detect.js';
import type { AppKind } from '../../../src/contract/states.js';
import { requestFor } from '../../support/activity-host.js';

const wishes = ({ startAs, ...config }: Record<string, unknown> = {}): Wishes => ({
  ...requestFor(config).config,
  ...(startAs !== undefined && { startAs: startAs as AppKind }),
});
const files = (given: Partial<ProjectFiles>): ProjectFiles => ({ names: ['app.py'], ...given });
const slipway = (lines: string): string => `[tool.slipway]\n${lines}\n`;

const TABLE: [string, Partial<ProjectFiles>, Record<string, unknown>, Partial<Detected>][] = [
  [
    'runs the main file as a worker',
    { names: ['start.py', 'app.py', 'util.py'] },
    {},
    { command: 'python app.py', kind: 'worker' },
  ],
  ['prefers main.py to app.py', { names: ['app.py', 'main.py'] }, {}, { command: 'python main.py' }],
  [
    'prefers the command of the request to a Procfile',
    { procfile: 'web: a' },
    { command: 'b' },
    { command: 'b', kind: 'worker' },
  ],
  [
    'uses the web entry of a Procfile',
    { procfile: 'worker: w\nweb: gunicorn a:a' },
    {},
    { command: 'gunicorn a:a', kind: 'web' },
  ],
  [
    'uses the worker entry of a Procfile without a web entry',
    { procfile: 'clock: c\nworker: w' },
    {},
    { command: 'w', kind: 'worker' },
  ],
  [
    'uses the only entry of a Procfile',
    { procfile: 'bot: python bot.py' },
    {},
    { command: 'python bot.py', kind: 'worker' },
  ],
  [
    'uses the Procfile entry that the request names',
    { procfile: 'web: a\nclock: c' },
    { process: 'clock' },
    { command: 'c', kind: 'worker' },
  ],
  [
    'reads the release command from a Procfile',
    { procfile: 'release: m\nweb: a' },
    {},
    { command: 'a', releaseCommand: 'm' },
  ],
  [
    'prefers the release command of the request to a Procfile',
    { procfile: 'release: m\nweb: a' },
    { release_command: 'x' },
    { releaseCommand: 'x' },
  ],
  [
    'uses the main file if a Procfile has only a release entry',
    { procfile: 'release: m' },
    {},
    { command: 'python app.py', releaseCommand: 'm' },
  ],
  [
    'prefers a Procfile to [tool.slipway]',
    { procfile: 'web: a', pyproject: slipway('command = "b"') },
    {},
    { command: 'a' },
  ],
  [
    'uses the settings in [tool.slipway]',
    { pyproject: slipway('command = "python -m pkg"\nport = 9000\npython = "3.12"\nrelease_command = "m"') },
    {},
    { command: 'python -m pkg', kind: 'web', port: 9000, python: '3.12', releaseCommand: 'm' },
  ],
  [
    'uses the kind in [tool.slipway]',
    { pyproject: slipway('command = "b $PORT"\nkind = "worker"') },
    {},
    { kind: 'worker' },
  ],
  [
    'prefers a port in the request to the kind in [tool.slipway]',
    { pyproject: slipway('command = "b"\nkind = "worker"') },
    { port: 80 },
    { kind: 'web', port: 80 },
  ],
  [
    'uses the only script of the project as the command',
    { pyproject: '[project]\nname="x"\n[project.scripts]\nserve = "x:main"' },
    {},
    { command: 'serve' },
  ],
  [
    'uses the main file if the project has two scripts',
    { pyproject: '[project]\nname="x"\n[project.scripts]\na = "x:a"\nb = "x:b"' },
    {},
    { command: 'python app.py' },
  ],
  ['treats a command with $PORT as a web app', {}, { command: 'serve --port $PORT' }, { kind: 'web' }],
  ['treats a command with ${PORT:-8000} as a web app', {}, { command: 'serve --port ${PORT:-8000}' }, { kind: 'web' }],
  ['treats a command with $PORTAL as a worker', {}, { command: 'serve $PORTAL $PORT_X' }, { kind: 'worker' }],
  ['treats an app with a health check path as a web app', {}, { health_check: { path: '/up' } }, { kind: 'web' }],
  ['treats a Dockerfile with EXPOSE as a web app', { dockerfile: 'FROM x\n  expose 8000\n' }, {}, { kind: 'web' }],
  [
    'treats a Dockerfile with EXPOSE of a UDP port as a worker',
    { dockerfile: 'FROM x\nEXPOSE 53/udp\n' },
    {},
    { kind: 'worker' },
  ],
  [
    'ignores EXPOSE if the request names another process',
    { procfile: 'web: a\nbeat: b', dockerfile: 'FROM x\nEXPOSE 80\n' },
    { process: 'beat' },
    { kind: 'worker' },
  ],
  [
    'ignores EXPOSE if the Procfile has a worker entry',
    { procfile: 'worker: b', dockerfile: 'FROM x\nEXPOSE 80\n' },
    {},
    { kind: 'worker' },
  ],
  [
    'ignores EXPOSE if the request has a command',
    { dockerfile: 'FROM x\nEXPOSE 80\n' },
    { command: 'python bot.py' },
    { kind: 'worker' },
  ],
  [
    'ignores EXPOSE in a stage that isn’t built',
    { dockerfile: 'FROM x AS dev\nEXPOSE 80\nFROM x\n' },
    {},
    { kind: 'worker' },
  ],
  [
    'uses EXPOSE in the stage of the profile',
    { dockerfile: 'FROM x AS dev\nEXPOSE 80\nFROM x\n' },
    { profile: 'dev' },
    { kind: 'web' },
  ],
  [
    'treats the process worker as a worker even if the command contains $PORT',
    {},
    { command: 'a $PORT', process: 'worker' },
    { kind: 'worker' },
  ],
  [
    'prefers the process worker in the request to the kind in [tool.slipway]',
    { pyproject: slipway('kind = "web"') },
    { process: 'worker' },
    { kind: 'worker' },
  ],
  ['uses the kind of the registration', {}, { startAs: 'web' }, { command: 'python app.py', kind: 'web' }],
  [
    'prefers the kind of the registration to a Procfile',
    { procfile: 'web: a $PORT' },
    { startAs: 'worker' },
    { kind: 'worker' },
  ],
  [
    'prefers the kind of the registration to [tool.slipway]',
    { pyproject: slipway('kind = "worker"') },
    { startAs: 'web' },
    { kind: 'web' },
  ],
  [
    'prefers the process web in the request to the kind of the registration',
    {},
    { startAs: 'worker', process: 'web' },
    { kind: 'web' },
  ],
  [
    'prefers a port in the request to the kind of the registration',
    {},
    { startAs: 'worker', port: 80 },
    { kind: 'web' },
  ],
  [
    'prefers a health check path in the request to the kind of the registration',
    {},
    { startAs: 'worker', health_check: { path: '/' } },
    { kind: 'web' },
  ],
  [
    'prefers the process worker in the request to the kind of the registration',
    {},
    { startAs: 'web', process: 'worker' },
    { kind: 'worker' },
  ],
  [
    'treats the process web as a web app even if the project has no Procfile',
    {},
    { process: 'web' },
    { command: 'python app.py', kind: 'web' },
  ],
  [
    'prefers the Python version of the request to .python-version',
    { pythonVersion: '3.10' },
    { python: '3.12' },
    { python: '3.12' },
  ],
  ['uses the Python version in .python-version', { pythonVersion: '# pinned\n3.10.4\n' }, {}, { python: '3.10.4' }],
  [
    'reports config.python as the origin of the Python version',
    {},
    { python: '3.12' },
    { pythonFrom: 'config.python' },
  ],
  [
    'reports .python-version as the origin of the Python version',
    { pythonVersion: '3.10' },
    {},
    { pythonFrom: '.python-version' },
  ],
  ['accepts a wildcard in .python-version', { pythonVersion: '3.11.x\n' }, {}, { python: '3.11' }],
  [
    'uses the first of several versions in .python-version',
    { pythonVersion: '3.11.4 3.10.9\npypy3\n' },
    {},
    { python: '3.11.4' },
  ],
  [
    'accepts a full interpreter name of uv in .python-version',
    { pythonVersion: 'cpython-3.12.1-linux-x86_64-gnu' },
    {},
    { python: '3.12.1' },
  ],
  [
    'accepts version specifiers in .python-version',
    { pythonVersion: '>=3.10, <3.13' },
    {},
    { python: '>=3.10, <3.13' },
  ],
  [
    'accepts a short interpreter name of uv in .python-version',
    { pythonVersion: 'cpython-3.11' },
    {},
    { python: '3.11' },
  ],
  [
    'uses bot.py if the project has no other main file',
    { names: ['bot.py', 'util.py'] },
    {},
    { command: 'python bot.py' },
  ],
  ['prefers start.py to bot.py', { names: ['bot.py', 'start.py'] }, {}, { command: 'python start.py' }],
  [
    'runs the only package that can be executed',
    { names: [], packages: ['it'] },
    {},
    { command: 'python -m it', kind: 'worker' },
  ],
  ['prefers a main file to a package', { packages: ['it'] }, {}, { command: 'python app.py' }],
  [
    'adds src to PYTHONPATH for a package in src that isn’t installed',
    { names: ['requirements.txt'], packages: ['src/it'] },
    {},
    { command: 'PYTHONPATH=src${PYTHONPATH:+:$PYTHONPATH} python -m it' },
  ],
  [
    'runs an installed package in src without a change of PYTHONPATH',
    {
      names: ['pyproject.toml'],
      packages: ['src/it'],
      pyproject: '[project]\nname = "it"\n[build-system]\nrequires = []\n',
    },
    {},
    { command: 'python -m it' },
  ],
  ['accepts a Pipfile beside requirements.txt', { names: ['app.py', 'Pipfile', 'requirements.txt'] }, {}, {}],
  ['accepts a project with requirements only for development', { names: ['app.py', 'requirements-dev.txt'] }, {}, {}],
  ['accepts a requirement file of the profile', { requirementsFolder: ['prod.txt'] }, { profile: 'prod' }, {}],
  [
    'accepts dependencies of Poetry with a build system',
    { pyproject: '[tool.poetry.dependencies]\nsix = "1"\n[build-system]\nrequires = []\n' },
    {},
    {},
  ],
  [
    'accepts a Poetry app whose only dependency is Python',
    { pyproject: '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npython = "^3"\n' },
    {},
    {},
  ],
  [
    'uses the Python version in requires-python',
    { pyproject: '[project]\nname="x"\nrequires-python=">=3.10,<3.13"' },
    {},
    { python: '>=3.10,<3.13' },
  ],
];

const REFUSED: [string, Partial<ProjectFiles>, Record<string, unknown>, string][] = [
  ['no files', { names: [] }, {}, 'no_python_project'],
  [
    'code in another language',
    { names: ['package.json', 'Procfile'], procfile: 'web: npm start' },
    {},
    'no_python_project',
  ],
  ['no entry point', { names: ['util.py'] }, {}, 'no_entry_point'],
  ['only a requirement file', { names: ['requirements.txt'] }, {}, 'no_entry_point'],
  ['several processes in its Procfile', { procfile: 'a: x\nb: y' }, {}, 'no_entry_point.ambiguous'],
  [
    'no Procfile entry for the requested process',
    { procfile: 'web: x\nclock: y' },
    { process: 'bot' },
    'source_invalid.unknown_process',
  ],
  ['a requested process but no Procfile', {}, { process: 'clock' }, 'source_invalid.unknown_process'],
  [
    'several packages that can be executed',
    { names: ['util.py'], packages: ['it', 'src/other'] },
    {},
    'no_entry_point',
  ],
  ['dependencies in a Pipfile', { names: ['app.py', 'Pipfile', 'Pipfile.lock'] }, {}, 'unread.pipfile'],
  ['dependencies of conda in environment.yml', { names: ['app.py', 'environment.yml'] }, {}, 'unread.conda'],
  ['only requirements.in', { names: ['app.py', 'requirements.in'] }, {}, 'unread.requirements'],
  [
    'requirements only for another profile',
    { requirementsFolder: ['prod.txt'] },
    { profile: 'test' },
    'unread.requirements',
  ],
  [
    'a Pipfile and a pyproject.toml with only tool settings',
    { names: ['app.py', 'Pipfile'], pyproject: '[tool.ruff]\n' },
    {},
    'unread.pipfile',
  ],
  [
    'dependencies of a Poetry app',
    {
      pyproject:
        '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npython = "^3"\nsix = "1"\n[build-system]\nrequires = []\n',
    },
    {},
    'unread.poetry',
  ],
  [
    'dependencies of Poetry but no build system',
    { pyproject: '[tool.poetry.dependencies]\nsix = "1"\n' },
    {},
    'unread.poetry',
  ],
  [
    'a virtual environment name in .python-version',
    { pythonVersion: 'my-env\n' },
    {},
    'python_unavailable.version_file',
  ],
  ['PyPy in .python-version', { pythonVersion: 'pypy3.10-7.3' }, {}, 'python_unavailable.version_file'],
  ['a command that is too long', { procfile: `web: ${'x'.repeat(4097)}` }, {}, 'source_invalid.long_command'],
  [
    'a release command that is too long',
    { pyproject: `[tool.slipway]\ncommand = "x"\nrelease_command = "${'x'.repeat(4097)}"\n` },
    {},
    'source_invalid.long_command',
  ],
  ['invalid TOML', { pyproject: '[project\n' }, {}, 'source_invalid.bad_toml'],
  ['an unknown key in [tool.slipway]', { pyproject: slipway('comand = "x"') }, {}, 'source_invalid.bad_setting'],
  ['an invalid value in [tool.slipway]', { pyproject: slipway('port = "80"') }, {}, 'source_invalid.bad_setting'],
];

describe('project detection', () => {
  test.each(TABLE)('the project detection %s', (_, given, config, expected) => {
    expect(detect(files(given), wishes(config), 'uv')).toMatchObject(expected);
  });

  test.each(REFUSED)('a project with %s is refused without retries', (_, given, config, text) => {
    expect(() => detect(files(given), wishes(config), 'uv')).toThrow(
      expect.objectContaining({ text, retryable: false }),
    );
  });

  test.each<[string, Partial<ProjectFiles>, Parameters<typeof wishes>[0], object]>([
    ['the CMD of the Dockerfile', { names: ['Dockerfile'] }, {}, { command: '', kind: 'worker' }],
    [
      'the CMD of the Dockerfile instead of the Procfile',
      { procfile: 'web: gunicorn' },
      {},
      { command: '', kind: 'web' },
    ],
    ['the command of the request', {}, { command: 'python x.py' }, { command: 'python x.py' }],
    [
      'the Procfile entry of the requested process',
      { procfile: 'clock: tick' },
      { process: 'clock' },
      { command: 'tick' },
    ],
    [
      'the CMD of the Dockerfile even if the project has a Pipfile',
      { names: ['app.py', 'Pipfile'] },
      {},
      { command: '' },
    ],
    ['the CMD of the Dockerfile even if .python-version is invalid', { pythonVersion: 'my-env' }, {}, { command: '' }],
    ['EXPOSE to detect a web app', { dockerfile: 'FROM x\nEXPOSE 80' }, {}, { command: '', kind: 'web' }],
    [
      'the requested worker process even if the Dockerfile has EXPOSE',
      { procfile: 'web: a\nworker: tick', dockerfile: 'FROM x\nEXPOSE 80' },
      { process: 'worker' },
      { command: 'tick', kind: 'worker' },
    ],
  ])('a deployment in docker mode with a Dockerfile of the project uses %s', (_, given, config, expected) => {
    const dockerfile = 'FROM x\nCMD ["y"]\n';
    expect(detect(files({ dockerfile, ...given }), wishes(config), 'docker')).toMatchObject(expected);
  });

  test('an unknown process is refused with the list of the processes in the Procfile', () => {
    const run = () => detect(files({ procfile: 'web: x\nclock: y' }), wishes({ process: 'bot' }), 'uv');
    expect(run).toThrow(expect.objectContaining({ params: { process: 'bot', found: 'web, clock' } }));
  });

  test('any Procfile and Python version file result in a command or in a specific error', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (procfile, pythonVersion) => {
        try {
          expect(detect(files({ procfile, pythonVersion }), wishes(), 'uv').command).not.toBe('');
        } catch (error) {
          const code: unknown = expect.stringMatching(/^(no_entry_point|python_unavailable)$/);
          expect(error).toMatchObject({ name: 'SlipwayError', code });
        }
      }),
    );
  });
});
