// Every reader of other people's text, fed with the texts that make a careless one quadratic or worse.
import { expect, it } from '@jest/globals';
import { judgeBuild } from '../../../src/activities/docker/judge.js';
import { pipCalls } from '../../../src/activities/fallback/recipe.js';
import { judgePip } from '../../../src/activities/fallback/judge.js';
import { LineSplitter } from '../../../src/activities/ports/lines.js';
import { Tail } from '../../../src/activities/ports/docker/tail.js';
import { gitUrl, shownUrl } from '../../../src/activities/prepare/git-command.js';
import { judgeGit } from '../../../src/activities/prepare/git-judge.js';
import { expandGroup } from '../../../src/activities/project/groups.js';
import { PARSERS } from '../../../src/activities/project/parsers.js';
import { fitsPython } from '../../../src/activities/project/python-versions.js';
import { localTarget, withoutEditable } from '../../../src/activities/project/requirements.js';
import { readPyproject } from '../../../src/activities/project/pyproject.js';
import { withoutSelfReferences } from '../../../src/activities/project/self-references.js';
import { judgeUv } from '../../../src/activities/uv/judge.js';
import { readGitAddress } from '../../../src/cli/git-address.js';
import { parseEnvFile } from '../../../src/cli/env-file.js';
import { compileDockerignore } from '../../../src/contract/ignore/dockerignore.js';
import { compileGitignore } from '../../../src/contract/ignore/gitignore.js';
import { mask, maskList } from '../../../src/secrets.js';

const MIB = 1024 ** 2;
/** What the specification names, for 1 MB on a host that does nothing else. */
const LIMIT_MS = 50;
/** The best of some runs counts, in processor time: what else runs on the host, and warming up, are not the reader's. */
const RUNS = 8;
/** Far above what a reader needs that keeps a few copies of 1 MiB, and far below one that squares it. */
const LIMIT_BYTES = 256 * MIB;

const filled = (piece: string, bytes = MIB): string => piece.repeat(Math.ceil(bytes / piece.length)).slice(0, bytes);

const TEXTS: Record<string, string> = {
  'one letter': filled('a'),
  blanks: filled(' '),
  tabs: filled('\t'),
  newlines: filled('\n'),
  'carriage returns': filled('\r'),
  'opening brackets': filled('['),
  'nested brackets': `${filled('[', MIB / 2)}${filled(']', MIB / 2)}`,
  'nested braces': `a = ${filled('{a=', MIB / 2)}`,
  stars: filled('*'),
  'stars and letters': filled('*a'),
  colons: filled(':'),
  hashes: filled('#'),
  'blanks before hashes': filled(' #'),
  quotes: filled('"'),
  backslashes: filled('\\\n'),
  commas: filled(','),
  percents: filled('%2'),
  'a name and blanks': `web:${filled(' ', MIB - 5)}x`,
  'a requirement and blanks': `a @ b${filled(' ', MIB - 6)}x`,
  'an include and blanks': `-r ${filled(' ', MIB - 5)}x`,
  'an editable and blanks': `-e a${filled(' ', MIB - 5)}x`,
  'an editable in pieces': `-e ${filled('a\\\n', MIB - 3)}`,
  'quoted editables': filled('-e "a" \n'),
  'quotes that are escaped': `A="${filled('\\\\"', MIB - 3)}`,
  'variables in quotes': filled('A="a" # b\n'),
  'comments of scripts': filled('# /// script\n# \n'),
  'brackets of an editable': `-e a ${filled('[', MIB - 5)}`,
  'a stage and blanks': `FROM ${filled(' ', MIB - 6)}x`,
  'flags of a stage': `FROM ${filled('--a ')}`,
  'heads of stages': filled('FROM a AS b\n'),
  'stages of stages': filled('FROM a AS a\nEXPOSE 1\n'),
  'ports in pieces': `FROM a\n${filled('EXPOSE 1 \\\n')}`,
  'instructions of 60 kB': filled(`RUN ${'<'.repeat(60_000)}\n`),
  'lines of 60 kB of blanks': filled(`${' '.repeat(60_000)}x\n`),
  errors: filled('error '),
  'repositories not found': filled("repository '"),
  'lock files': filled('lockfile at '),
  'stages not found': filled('target stage '),
  addresses: filled('a@b:'),
  dates: filled('x = 1979-05-27\n'),
  tables: filled('[a.b.c]\n'),
  'dotted keys': `${filled('a.', MIB - 5)}a=1`,
  'inline arrays': `a = [${filled('1,', MIB - 10)}]`,
  'a long text': `a = "${filled('x', MIB - 10)}"`,
};

const NAMES = Array.from({ length: 200 }, (_, i) => `src/package_${i}/${'a'.repeat(40)}/module.py`);
const WISHES = { health_check: {} };
const files = (text: string) => ({ names: ['app.py'], procfile: text, pythonVersion: text, dockerfile: text });
const tailOf = (text: string): string[] => {
  const tail = new Tail();
  tail.add(text.split('\n'));
  return tail.lines;
};
const NO_FACTS = {
  hasSetupPy: false,
  hasUvSettings: false,
  requirementFiles: [],
  localRequirements: [],
  localProjects: [],
};
const RECIPE = { files: ['r.txt'], requirements: [] };
/** After seven letters each goes on with another one. */
const ALIKE = Array.from({ length: 2000 }, (_, i) => `aaaaaaa${String.fromCharCode(0x4e00 + i)}z`);
const SECRETS = maskList(['correct horse battery', 'aaaaaaaaaaaaaaaaaaaaaaab', 'pa ss%word/{}[]']);

const READERS: Record<string, (text: string) => unknown> = {
  Procfile: (text) => PARSERS.detect({ files: { ...files(''), procfile: text }, wishes: WISHES, mode: 'uv' }),
  '.python-version': (text) =>
    PARSERS.detect({ files: { ...files(''), pythonVersion: text }, wishes: WISHES, mode: 'uv' }),
  'the Dockerfile’s port': (text) =>
    PARSERS.detect({ files: { ...files(''), dockerfile: text }, wishes: WISHES, mode: 'docker' }),
  'a command': (text) => PARSERS.detect({ files: files(''), wishes: { ...WISHES, command: text }, mode: 'uv' }),
  Dockerfile: (text) => PARSERS.dockerfile({ text, profile: 'a' }),
  'pyproject.toml': PARSERS.pyproject,
  'a script’s comment': PARSERS.script,
  'requirements.txt': (text) => PARSERS.requirements({ path: 'requirements.txt', text }),
  'one requirement': localTarget,
  'hashes of requirements': (text) =>
    pipCalls({ ...NO_FACTS, requirements: new Map([['r.txt', text]]) }, RECIPE, 'own.txt'),
  'requirements without -e': withoutEditable,
  '.dockerignore': (text) => PARSERS.context({ paths: NAMES, rules: text }),
  '.dockerignore of the command line': (text) => NAMES.filter(compileDockerignore(text)),
  '.gitignore': (text) => {
    const verdict = compileGitignore(text);
    return NAMES.map((name) => verdict(name, false));
  },
  'a Python version': (text) => fitsPython(text, '3.12.1'),
  'git’s address': (text) => (URL.canParse(text) ? [gitUrl(text), shownUrl(text)] : undefined),
  'git’s address on the command line': readGitAddress,
  'a file of variables': parseEnvFile,
  'lines of a tool': (text) => {
    const splitter = new LineSplitter();
    return [...splitter.push(Buffer.from(text)), ...splitter.end()];
  },
  'secrets in a log': (text) => mask(text, SECRETS),
  'secrets that begin alike in a log': (text) => mask(text, ALIKE),
  'what git says': (text) => judgeGit({ exitCode: 1, tail: tailOf(text) }, { source: 'https://host/x' }),
  'what uv says': (text) => judgeUv({ exitCode: 1, tail: tailOf(text) }),
  'what pip says': (text) => judgePip({ exitCode: 1, tail: tailOf(text) }),
  'what the engine says': (text) => judgeBuild({ reason: text, tail: tailOf(text) }),
};

/** A refusal is as good an answer as any. */
function read(reader: (text: string) => unknown, text: string): void {
  try {
    reader(text);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
}

function bestMs(work: () => void): number {
  let best = Infinity;
  for (let run = 0; run < RUNS && best > LIMIT_MS; run += 1) {
    const before = process.cpuUsage();
    const startedAt = performance.now();
    work();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, performance.now() - startedAt, (user + system) / 1000);
  }
  return best;
}

it.each(Object.keys(READERS))('1 MiB of any text is parsed in less than 50 ms with limited memory: %s', (name) => {
  const reader = READERS[name]!;
  const slow: Record<string, number> = {};
  const before = process.memoryUsage().heapUsed;
  for (const [what, text] of Object.entries(TEXTS)) {
    const ms = bestMs(() => {
      read(reader, text);
    });
    if (ms > LIMIT_MS) slow[what] = Math.round(ms);
  }
  expect(slow).toEqual({});
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(LIMIT_BYTES);
});

it('a pattern with seven stars is matched in linear time', () => {
  const pattern = `${'*a'.repeat(7)}b\n`;
  const paths = Array.from({ length: 2000 }, (_, i) => `${'a'.repeat(200)}${i}`);
  const ms = bestMs(() => {
    paths.filter(compileDockerignore(pattern));
    const verdict = compileGitignore(pattern);
    paths.map((path) => verdict(path, false));
  });
  expect(ms).toBeLessThan(2000 * 2); // 2,000 paths twice, at most 1 ms for each
});

it.each<[string, Record<string, string[]>, string[]]>([
  [
    'many times in one requirement',
    { z: ['six'], ...Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`e${i}`, []])) },
    Array.from({ length: 8 }, () => `app[${Array.from({ length: 32_000 }, () => 'z').join(',')}]`),
  ],
  [
    'through a chain of extras',
    Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`e${i}`, [`app[e${i + 1}]`, `p${i}`]])),
    ['app[e0]'],
  ],
])('extras that a project refers to %s are expanded in linear time', (_, extras, requirements) => {
  const pyproject = { ...readPyproject('[project]\nname = "app"\n'), extras };
  const ms = bestMs(() => {
    withoutSelfReferences(pyproject, requirements);
  });
  expect(ms).toBeLessThan(4 * LIMIT_MS); // it takes some megabytes apart
});

it('dependency groups that include each other twice are expanded once, and a chain that is too long is refused', () => {
  const levels = Array.from({ length: 60 }, (_, i) => i);
  const include = (i: number) => ({ 'include-group': `g${i}` });
  const doubling = Object.fromEntries(levels.map((i) => [`g${i}`, [include(i + 1), include(i + 1), `p${i}`]]));
  expect(expandGroup({ ...doubling, g60: ['last'] }, 'g0')).toHaveLength(61);
  const chain = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`g${i}`, [include(i + 1)]]));
  expect(() => expandGroup(chain, 'g0')).toThrow(
    expect.objectContaining({ text: 'dependencies_unresolvable.no_group' }),
  );
});
