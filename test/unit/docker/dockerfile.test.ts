import { describe, expect, it } from '@jest/globals';
import {
  baseImageFor,
  generateDockerfile,
  needsBuildKit,
  targetOf,
  type Target,
  type Recipe,
} from '../../../src/activities/docker/dockerfile.js';
import type { ProjectFacts } from '../../../src/activities/project/facts.js';
import { readPyproject } from '../../../src/activities/project/pyproject.js';

const NOTHING: ProjectFacts = {
  hasSetupPy: false,
  hasUvSettings: false,
  requirementFiles: [],
  requirements: new Map(),
  localRequirements: [],
  localProjects: [],
};
const generate = (facts: Partial<ProjectFacts>, changes: Partial<Recipe> = {}): string[] =>
  generateDockerfile({
    image: 'python:3.11-slim',
    facts: { ...NOTHING, ...facts },
    command: 'python main.py',
    isDevelopment: false,
    ...changes,
  }).split('\n');
const position = (lines: string[], what: RegExp): number => lines.findIndex((line) => what.test(line));

describe('generated Dockerfiles', () => {
  it('a generated Dockerfile runs the command as an unprivileged user', () => {
    const lines = generate({}, { command: 'gunicorn "a b" --bind :$PORT' });
    expect(lines[0]).toBe('FROM python:3.11-slim');
    expect(lines).toContain('USER 10001');
    expect(lines.at(-2)).toBe('CMD ["/bin/sh","-c","gunicorn \\"a b\\" --bind :$PORT"]');
  });

  it('a generated Dockerfile installs a workspace member from the root and runs it in its folder', () => {
    const pyproject = readPyproject('[project]\nname = "bot"\nversion = "1"\n');
    const member = { folder: 'services/the bot' };
    const odd = { folder: `it's "a" \\b $HOME` };
    expect(generate({ pyproject, member: odd })).toContain(`WORKDIR /app/it\\'s \\"a\\" \\\\b \\$HOME`);
    const lines = generate({ pyproject, lock: 'version = 1', member });
    const sync = position(lines, /uv sync --no-cache --package bot --no-editable --frozen/);
    expect(position(lines, /COPY .* \. \.$/)).toBeLessThan(sync);
    expect(sync).toBeLessThan(lines.indexOf('WORKDIR /app/services/the bot'));
  });

  it.each(['a\nADD http://h/x /x', 'a\rb', 'a\\', 'a`', 'a '])(
    'a folder name that can’t be written as one word in a Dockerfile is refused: %j',
    (folder) => {
      const pyproject = readPyproject('[project]\nname = "bot"\nversion = "1"\n');
      expect(() => generate({ pyproject, member: { folder } })).toThrow('docker.unfit_name');
    },
  );

  it('a project name with a line break is refused in a generated Dockerfile, and a command with line breaks is quoted', () => {
    const version = { value: '1.2', variable: 'V\nADD http://h/x /x\n' };
    expect(() => generate({ hasSetupPy: true }, { version })).toThrow('docker.unfit_name');
    const command = 'a\nADD http://h/x /x\\';
    expect(generate({}, { command }).at(-2)).toBe('CMD ["/bin/sh","-c","a\\nADD http://h/x /x\\\\"]');
  });

  it('a generated Dockerfile passes build variables to each install and the version only to the install of the project', () => {
    const pyproject = readPyproject(
      '[project]\nname = "bot"\ndynamic = ["version"]\n[build-system]\nrequires = ["x"]\n',
    );
    const version = { value: '1.2', variable: 'PRETEND' };
    const lines = generate({ pyproject, lock: 'version = 1' }, { variables: 'build-variables.abc', version });
    const installs = lines.filter((line) => /pip install|uv sync/.test(line));
    for (const line of installs)
      expect(line).toMatch(/^RUN --mount=type=secret,id=build-variables\.abc,target=\S+ \. \S+ && /);
    expect(installs.map((line) => line.includes('PRETEND=1.2 '))).toEqual([false, false, true]);
  });

  it('a generated Dockerfile installs requirements and their included files before it copies the code', () => {
    const requirements = new Map([
      ['requirements.txt', '-r base.txt'],
      ['base.txt', 'flask'],
    ]);
    const lines = generate({ requirementFiles: ['requirements.txt'], requirements });
    expect(lines).toContain('COPY ["base.txt","./base.txt"]');
    expect(position(lines, /pip install .* -r requirements\.txt$/)).toBeLessThan(position(lines, /COPY .* \. \.$/));
  });

  it('a generated Dockerfile copies the code first if a build variable can name a file of the project', () => {
    const requirements = new Map([['requirements.txt', 'flask']]);
    const lines = generate({ requirementFiles: ['requirements.txt'], requirements }, { namesFiles: true });
    expect(position(lines, /COPY .* \. \.$/)).toBeLessThan(position(lines, /pip install .* -r requirements\.txt$/));
  });

  it('a generated Dockerfile copies the code first if a requirement is a folder of the project', () => {
    const requirements = new Map([['requirements.txt', './lib']]);
    const lines = generate({ requirementFiles: ['requirements.txt'], requirements, localRequirements: ['./lib'] });
    expect(position(lines, /COPY .* \. \.$/)).toBeLessThan(position(lines, /pip install .* -r requirements\.txt$/));
  });

  it.each([
    ['before the install if the build backend determines the version', 'dynamic = ["version"]\n', undefined, true],
    [
      'after the install if a project with a dynamic version has a lock',
      'dynamic = ["version"]\n',
      'version = 1',
      false,
    ],
    [
      'before the install if the project contains a folder of archives',
      'version = "1"\n[tool.uv]\nfind-links = ["wheels"]\n',
      undefined,
      true,
    ],
    [
      'before the install if the index is a folder of the project',
      'version = "1"\n[[tool.uv.index]]\nurl = "simple"\ndefault = true\n',
      undefined,
      true,
    ],
    [
      'before the install if a dependency is a folder of the project',
      'version = "1"\ndependencies = ["lib @ file:lib"]\n',
      undefined,
      true,
    ],
    [
      'after the install if the index has a remote URL',
      'version = "1"\n[tool.uv]\nindex-url = "https://h/simple"\n',
      undefined,
      false,
    ],
  ])('a generated Dockerfile copies the code %s', (_, lines, lock, isFirst) => {
    const pyproject = readPyproject(`[project]\nname = "x"\n${lines}`);
    const made = generate({ pyproject, ...(lock !== undefined && { lock }) });
    expect(position(made, /COPY .* \. \.$/) < position(made, /uv sync/)).toBe(isFirst);
  });

  it('a generated Dockerfile copies the code first if the project has a uv.toml', () => {
    const pyproject = readPyproject('[project]\nname = "x"\nversion = "1"\n');
    const made = generate({ pyproject, hasUvSettings: true });
    expect(position(made, /COPY .* \. \.$/)).toBeLessThan(position(made, /uv sync/));
  });

  it('a generated Dockerfile installs the dependencies of a project with uv before the project itself', () => {
    const pyproject = readPyproject('[project]\nname = "x"\nversion = "1"\n');
    const lines = generate({ pyproject, lock: 'version = 1' }, { group: 'bot', extra: 'db' });
    const [first, second] = lines.filter((line) => line.includes('uv sync'));
    expect(first).toMatch(/--frozen --no-default-groups --group bot --extra db --no-install-project$/);
    expect(second).toMatch(/--frozen --no-default-groups --group bot --extra db$/);
    expect(lines).toContain('COPY pyproject.toml uv.lock ./');
  });

  it('a generated Dockerfile doesn’t build a Poetry project in non-package mode', () => {
    const text =
      '[project]\nname = "x"\nversion = "1"\n[tool.poetry]\npackage-mode = false\n[build-system]\nrequires = []\n';
    const syncs = generate({ pyproject: readPyproject(text) }).filter((line) => line.includes('uv sync'));
    expect(syncs.every((line) => line.includes(' --no-install-project'))).toBe(true);
  });

  it('a generated Dockerfile for development includes development groups, and a workspace is copied before its install', () => {
    const pyproject = readPyproject('[project]\nname = "x"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["a"]\n');
    const lines = generate({ pyproject }, { isDevelopment: true });
    expect(lines.filter((line) => line.includes('uv sync'))).toHaveLength(1);
    expect(lines.join('\n')).not.toContain('--no-default-groups');
    expect(position(lines, /COPY .* \. \.$/)).toBeLessThan(position(lines, /uv sync/));
  });
});

describe('parsing a Dockerfile', () => {
  it.each<[string, string | undefined, Target]>([
    ['FROM a\nEXPOSE 8000 2222\n', undefined, { ports: [8000, 2222] }],
    ['FROM a\n  expose 8000/TCP 53/udp "9000"\n', undefined, { ports: [8000, 9000] }],
    ['FROM a\nEXPOSE 53/udp\n', undefined, { ports: [] }],
    ['FROM a\nEXPOSE $PORT 8000-8002 x\n', undefined, { ports: [undefined, 8000, undefined] }],
    ['FROM a\nEXPOSE \\\n# two\n  8000 \\\n\n  2222\nRUN x \\\nEXPOSE 1\n', undefined, { ports: [8000, 2222] }],
    ['FROM a AS base\nEXPOSE 1\nFROM base\nEXPOSE 2\nFROM b\nEXPOSE 3\n', undefined, { ports: [3] }],
    ['FROM a AS base\nEXPOSE 1\nFROM Base as Next\nEXPOSE 2\nFROM next\nEXPOSE 3\n', 'prod', { ports: [1, 2, 3] }],
    ['FROM a AS base\nFROM base AS Dev\nEXPOSE 5678\nFROM base AS prod\n', undefined, { ports: [] }],
    [
      'FROM a AS base\nFROM --platform=linux/amd64 base as Dev\nEXPOSE 5678\nFROM base\n',
      'dev',
      { name: 'Dev', ports: [5678] },
    ],
    ['FROM a AS a\nEXPOSE 1\nFROM a AS a\nEXPOSE 2\nFROM a\n', undefined, { ports: [1, 2] }],
    ['EXPOSE 1\n', undefined, { ports: [] }],
    ['', undefined, { ports: [] }],
  ])('the stage to build and its ports are read from the Dockerfile %j with profile %s', (text, profile, target) => {
    expect(targetOf(text, profile)).toEqual(target);
  });

  it.each([
    ['RUN --mount=type=cache,target=/x pip install', true],
    ['COPY --link a b', true],
    ['RUN <<EOF\nx\nEOF', true],
    ['RUN pip install --mount', false],
    ['COPY --from=base a b', false],
    ['# RUN --mount', false],
  ])('whether a Dockerfile needs BuildKit is determined from its instructions: %j', (text, needed) => {
    expect(needsBuildKit(`FROM a\n${text}\n`)).toBe(needed);
  });
});

it.each<[string, string | undefined, string | undefined]>([
  ['python:3.11-slim', undefined, 'python:3.11-slim'],
  ['python:3.11-slim', '3.11', 'python:3.11-slim'],
  ['python:3.11-slim', '3.12', 'python:3.12-slim'],
  ['python:3.11-slim', '>=3.9', 'python:3.11-slim'],
  ['python:3.11-slim', '>=3.11.4', 'python:3.11-slim'],
  ['python:3.11-slim', '>=3.13', undefined],
  ['mirror/python:3.11', '3.13', 'mirror/python:3.13'],
  ['company/base:7', '3.13', 'company/base:7'],
])('the base image of %s for Python %s is %s', (image, wish, expected) => {
  expect(baseImageFor(image, wish)).toBe(expected);
});
