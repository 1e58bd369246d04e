import { describe, expect, it } from 'vitest';
import {
  baseImageFor,
  generateDockerfile,
  needsBuildKit,
  stagesOf,
  type Recipe,
} from '../../../src/activities/docker/dockerfile.js';
import type { ProjectFacts } from '../../../src/activities/project/facts.js';
import { readPyproject } from '../../../src/activities/project/pyproject.js';

const NOTHING: ProjectFacts = {
  hasSetupPy: false,
  requirementFiles: [],
  requirements: new Map(),
  hasLocalRequirement: false,
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

describe('a generated Dockerfile', () => {
  it('runs the command as a user of its own', () => {
    const lines = generate({}, { command: 'gunicorn "a b" --bind :$PORT' });
    expect(lines[0]).toBe('FROM python:3.11-slim');
    expect(lines).toContain('USER 10001');
    expect(lines.at(-2)).toBe('CMD ["/bin/sh","-c","gunicorn \\"a b\\" --bind :$PORT"]');
  });

  it('installs requirements, and the files they include, before the code', () => {
    const requirements = new Map([
      ['requirements.txt', '-r base.txt'],
      ['base.txt', 'flask'],
    ]);
    const lines = generate({ requirementFiles: ['requirements.txt'], requirements });
    expect(lines).toContain('COPY ["base.txt","./base.txt"]');
    expect(position(lines, /pip install .* -r requirements\.txt$/)).toBeLessThan(position(lines, /COPY .* \. \.$/));
  });

  it('copies the code first where a requirement is a folder of it', () => {
    const requirements = new Map([['requirements.txt', './lib']]);
    const lines = generate({ requirementFiles: ['requirements.txt'], requirements, hasLocalRequirement: true });
    expect(position(lines, /COPY .* \. \.$/)).toBeLessThan(position(lines, /pip install .* -r requirements\.txt$/));
  });

  it('lets uv install a project, its dependencies before its code', () => {
    const pyproject = readPyproject('[project]\nname = "x"\nversion = "1"\n');
    const lines = generate({ pyproject, lock: 'version = 1' }, { group: 'bot', extra: 'db' });
    const [first, second] = lines.filter((line) => line.includes('uv sync'));
    expect(first).toMatch(/--frozen --no-default-groups --group bot --extra db --no-install-project$/);
    expect(second).toMatch(/--frozen --no-default-groups --group bot --extra db$/);
    expect(lines).toContain('COPY pyproject.toml uv.lock ./');
  });

  it('keeps development groups in dev, and lets a workspace be resolved from its whole tree', () => {
    const pyproject = readPyproject('[project]\nname = "x"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["a"]\n');
    const lines = generate({ pyproject }, { isDevelopment: true });
    expect(lines.filter((line) => line.includes('uv sync'))).toHaveLength(1);
    expect(lines.join('\n')).not.toContain('--no-default-groups');
    expect(position(lines, /COPY .* \. \.$/)).toBeLessThan(position(lines, /uv sync/));
  });
});

describe('what is read off a Dockerfile', () => {
  it('are the names of its stages', () => {
    const text = 'FROM a AS base\nfrom --platform=linux/amd64 b as Development\nRUN x\nFROM base\n';
    expect(stagesOf(text)).toEqual(['base', 'Development']);
  });

  it.each([
    ['RUN --mount=type=cache,target=/x pip install', true],
    ['COPY --link a b', true],
    ['RUN <<EOF\nx\nEOF', true],
    ['RUN pip install --mount', false],
    ['COPY --from=base a b', false],
    ['# RUN --mount', false],
  ])('is whether it needs BuildKit: %j', (text, needed) => {
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
])('the base of %s for Python %s is %s', (image, wish, expected) => {
  expect(baseImageFor(image, wish)).toBe(expected);
});
