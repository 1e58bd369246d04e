import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
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
  ['a main file', { names: ['start.py', 'app.py', 'util.py'] }, {}, { command: 'python app.py', kind: 'worker' }],
  ['main.py before app.py', { names: ['app.py', 'main.py'] }, {}, { command: 'python main.py' }],
  ['the request before all', { procfile: 'web: a' }, { command: 'b' }, { command: 'b', kind: 'worker' }],
  ['Procfile web', { procfile: 'worker: w\nweb: gunicorn a:a' }, {}, { command: 'gunicorn a:a', kind: 'web' }],
  ['Procfile worker without web', { procfile: 'clock: c\nworker: w' }, {}, { command: 'w', kind: 'worker' }],
  ['the only entry', { procfile: 'bot: python bot.py' }, {}, { command: 'python bot.py', kind: 'worker' }],
  ['the asked entry', { procfile: 'web: a\nclock: c' }, { process: 'clock' }, { command: 'c', kind: 'worker' }],
  ['a release entry', { procfile: 'release: m\nweb: a' }, {}, { command: 'a', releaseCommand: 'm' }],
  [
    'the request over a release entry',
    { procfile: 'release: m\nweb: a' },
    { release_command: 'x' },
    { releaseCommand: 'x' },
  ],
  ['a Procfile of release alone', { procfile: 'release: m' }, {}, { command: 'python app.py', releaseCommand: 'm' }],
  ['Procfile before [tool.slipway]', { procfile: 'web: a', pyproject: slipway('command = "b"') }, {}, { command: 'a' }],
  [
    '[tool.slipway]',
    { pyproject: slipway('command = "python -m pkg"\nport = 9000\npython = "3.12"\nrelease_command = "m"') },
    {},
    { command: 'python -m pkg', kind: 'web', port: 9000, python: '3.12', releaseCommand: 'm' },
  ],
  ['[tool.slipway] kind', { pyproject: slipway('command = "b $PORT"\nkind = "worker"') }, {}, { kind: 'worker' }],
  [
    'a port in the request over that kind',
    { pyproject: slipway('command = "b"\nkind = "worker"') },
    { port: 80 },
    { kind: 'web', port: 80 },
  ],
  ['one script', { pyproject: '[project]\nname="x"\n[project.scripts]\nserve = "x:main"' }, {}, { command: 'serve' }],
  [
    'two scripts are no answer',
    { pyproject: '[project]\nname="x"\n[project.scripts]\na = "x:a"\nb = "x:b"' },
    {},
    { command: 'python app.py' },
  ],
  ['$PORT', {}, { command: 'serve --port $PORT' }, { kind: 'web' }],
  ['${PORT:-8000}', {}, { command: 'serve --port ${PORT:-8000}' }, { kind: 'web' }],
  ['$PORTAL is another variable', {}, { command: 'serve $PORTAL $PORT_X' }, { kind: 'worker' }],
  ['a health path', {}, { health_check: { path: '/up' } }, { kind: 'web' }],
  ['EXPOSE', { dockerfile: 'FROM x\n  expose 8000\n' }, {}, { kind: 'web' }],
  ['EXPOSE of UDP', { dockerfile: 'FROM x\nEXPOSE 53/udp\n' }, {}, { kind: 'worker' }],
  [
    'EXPOSE, and another process',
    { procfile: 'web: a\nbeat: b', dockerfile: 'FROM x\nEXPOSE 80\n' },
    { process: 'beat' },
    { kind: 'worker' },
  ],
  [
    'EXPOSE, and a Procfile of a worker',
    { procfile: 'worker: b', dockerfile: 'FROM x\nEXPOSE 80\n' },
    {},
    { kind: 'worker' },
  ],
  [
    'EXPOSE, and a command of the request',
    { dockerfile: 'FROM x\nEXPOSE 80\n' },
    { command: 'python bot.py' },
    { kind: 'worker' },
  ],
  ['EXPOSE of a stage that is not built', { dockerfile: 'FROM x AS dev\nEXPOSE 80\nFROM x\n' }, {}, { kind: 'worker' }],
  [
    'EXPOSE of the stage of the profile',
    { dockerfile: 'FROM x AS dev\nEXPOSE 80\nFROM x\n' },
    { profile: 'dev' },
    { kind: 'web' },
  ],
  ['process worker, whatever the command', {}, { command: 'a $PORT', process: 'worker' }, { kind: 'worker' }],
  [
    'process worker over the project',
    { pyproject: slipway('kind = "web"') },
    { process: 'worker' },
    { kind: 'worker' },
  ],
  ['registered as web', {}, { startAs: 'web' }, { command: 'python app.py', kind: 'web' }],
  ['registered as worker, over hints', { procfile: 'web: a $PORT' }, { startAs: 'worker' }, { kind: 'worker' }],
  [
    'registered as web, over the project',
    { pyproject: slipway('kind = "worker"') },
    { startAs: 'web' },
    { kind: 'web' },
  ],
  ['process web over a registration', {}, { startAs: 'worker', process: 'web' }, { kind: 'web' }],
  ['a port over a registration', {}, { startAs: 'worker', port: 80 }, { kind: 'web' }],
  ['a health path over a registration', {}, { startAs: 'worker', health_check: { path: '/' } }, { kind: 'web' }],
  ['process worker over a registration', {}, { startAs: 'web', process: 'worker' }, { kind: 'worker' }],
  ['process web without a Procfile', {}, { process: 'web' }, { command: 'python app.py', kind: 'web' }],
  ["the request's python", { pythonVersion: '3.10' }, { python: '3.12' }, { python: '3.12' }],
  ['.python-version', { pythonVersion: '# pinned\n3.10.4\n' }, {}, { python: '3.10.4' }],
  ['the request’s place', {}, { python: '3.12' }, { pythonFrom: 'config.python' }],
  ['.python-version’s place', { pythonVersion: '3.10' }, {}, { pythonFrom: '.python-version' }],
  ['a wildcard', { pythonVersion: '3.11.x\n' }, {}, { python: '3.11' }],
  ['several versions, as pyenv has them', { pythonVersion: '3.11.4 3.10.9\npypy3\n' }, {}, { python: '3.11.4' }],
  ['uv’s longest form', { pythonVersion: 'cpython-3.12.1-linux-x86_64-gnu' }, {}, { python: '3.12.1' }],
  ['specifiers', { pythonVersion: '>=3.10, <3.13' }, {}, { python: '>=3.10, <3.13' }],
  ["uv's long form", { pythonVersion: 'cpython-3.11' }, {}, { python: '3.11' }],
  ['bot.py, after all other main files', { names: ['bot.py', 'util.py'] }, {}, { command: 'python bot.py' }],
  ['start.py before bot.py', { names: ['bot.py', 'start.py'] }, {}, { command: 'python start.py' }],
  ['the one package that can be run', { names: [], packages: ['it'] }, {}, { command: 'python -m it', kind: 'worker' }],
  ['a main file before a package', { packages: ['it'] }, {}, { command: 'python app.py' }],
  [
    'a package in src that is not installed',
    { names: ['requirements.txt'], packages: ['src/it'] },
    {},
    { command: 'PYTHONPATH=src${PYTHONPATH:+:$PYTHONPATH} python -m it' },
  ],
  [
    'a package in src that is',
    {
      names: ['pyproject.toml'],
      packages: ['src/it'],
      pyproject: '[project]\nname = "it"\n[build-system]\nrequires = []\n',
    },
    {},
    { command: 'python -m it' },
  ],
  ['Pipfile beside requirements', { names: ['app.py', 'Pipfile', 'requirements.txt'] }, {}, {}],
  ['requirements for development alone', { names: ['app.py', 'requirements-dev.txt'] }, {}, {}],
  ['the requirements of the profile', { requirementsFolder: ['prod.txt'] }, { profile: 'prod' }, {}],
  [
    'dependencies of Poetry that pip builds',
    { pyproject: '[tool.poetry.dependencies]\nsix = "1"\n[build-system]\nrequires = []\n' },
    {},
    {},
  ],
  [
    'no dependency of Poetry',
    { pyproject: '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npython = "^3"\n' },
    {},
    {},
  ],
  [
    'requires-python',
    { pyproject: '[project]\nname="x"\nrequires-python=">=3.10,<3.13"' },
    {},
    { python: '>=3.10,<3.13' },
  ],
];

const REFUSED: [string, Partial<ProjectFiles>, Record<string, unknown>, string][] = [
  ['nothing', { names: [] }, {}, 'no_python_project'],
  ['another language', { names: ['package.json', 'Procfile'], procfile: 'web: npm start' }, {}, 'no_python_project'],
  ['no entry point', { names: ['util.py'] }, {}, 'no_entry_point'],
  ['only requirements', { names: ['requirements.txt'] }, {}, 'no_entry_point'],
  ['several processes', { procfile: 'a: x\nb: y' }, {}, 'no_entry_point.ambiguous'],
  ['an unknown process', { procfile: 'web: x\nclock: y' }, { process: 'bot' }, 'source_invalid.unknown_process'],
  ['a process without a Procfile', {}, { process: 'clock' }, 'source_invalid.unknown_process'],
  ['several packages', { names: ['util.py'], packages: ['it', 'src/other'] }, {}, 'no_entry_point'],
  ['dependencies of a Pipfile', { names: ['app.py', 'Pipfile', 'Pipfile.lock'] }, {}, 'unread.pipfile'],
  ['dependencies of conda', { names: ['app.py', 'environment.yml'] }, {}, 'unread.conda'],
  ['requirements.in alone', { names: ['app.py', 'requirements.in'] }, {}, 'unread.requirements'],
  ['requirements of another profile', { requirementsFolder: ['prod.txt'] }, { profile: 'test' }, 'unread.requirements'],
  ['a Pipfile beside tools', { names: ['app.py', 'Pipfile'], pyproject: '[tool.ruff]\n' }, {}, 'unread.pipfile'],
  [
    'dependencies of an app of Poetry',
    {
      pyproject:
        '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npython = "^3"\nsix = "1"\n[build-system]\nrequires = []\n',
    },
    {},
    'unread.poetry',
  ],
  ['the same without a build system', { pyproject: '[tool.poetry.dependencies]\nsix = "1"\n' }, {}, 'unread.poetry'],
  ['the name of a virtual environment', { pythonVersion: 'my-env\n' }, {}, 'python_unavailable.version_file'],
  ['an interpreter of another kind', { pythonVersion: 'pypy3.10-7.3' }, {}, 'python_unavailable.version_file'],
  ['a long command', { procfile: `web: ${'x'.repeat(4097)}` }, {}, 'source_invalid.long_command'],
  [
    'a long release command',
    { pyproject: `[tool.slipway]\ncommand = "x"\nrelease_command = "${'x'.repeat(4097)}"\n` },
    {},
    'source_invalid.long_command',
  ],
  ['broken TOML', { pyproject: '[project\n' }, {}, 'source_invalid.bad_toml'],
  ['an unknown key', { pyproject: slipway('comand = "x"') }, {}, 'source_invalid.bad_setting'],
  ['a wrong value', { pyproject: slipway('port = "80"') }, {}, 'source_invalid.bad_setting'],
];

describe('project detection', () => {
  test.each(TABLE)(
    'the command, the kind and the Python version are detected from the project and the request: %s',
    (_, given, config, expected) => {
      expect(detect(files(given), wishes(config), 'uv')).toMatchObject(expected);
    },
  );

  test.each(REFUSED)('a project with %s is refused without retries', (_, given, config, text) => {
    expect(() => detect(files(given), wishes(config), 'uv')).toThrow(
      expect.objectContaining({ text, retryable: false }),
    );
  });

  test.each<[string, Partial<ProjectFiles>, Parameters<typeof wishes>[0], object]>([
    ['its CMD', { names: ['Dockerfile'] }, {}, { command: '', kind: 'worker' }],
    ['its CMD, not the Procfile', { procfile: 'web: gunicorn' }, {}, { command: '', kind: 'web' }],
    ['the command that is asked for', {}, { command: 'python x.py' }, { command: 'python x.py' }],
    ['the process that is asked for', { procfile: 'clock: tick' }, { process: 'clock' }, { command: 'tick' }],
    ['its CMD, whatever is declared', { names: ['app.py', 'Pipfile'] }, {}, { command: '' }],
    ['its own Python', { pythonVersion: 'my-env' }, {}, { command: '' }],
    ['EXPOSE for the web', { dockerfile: 'FROM x\nEXPOSE 80' }, {}, { command: '', kind: 'web' }],
    [
      'EXPOSE, and another process',
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
