import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expandGroup } from '../../../src/activities/project/groups.js';
import {
  collectRequirements,
  isLocal,
  readRequirements,
  withoutEditable,
} from '../../../src/activities/project/requirements.js';

test.each([
  ['./lib', true],
  ['lib/', true],
  ['.', true],
  ['.[web]', true],
  ['-e .', true],
  ['-e ./lib', true],
  ['-e lib', true],
  ['--editable=lib[web]', true],
  ['-e lib-1.0', true],
  ['--editable=../x', true],
  ['file:lib', true],
  ['lib @ file:///srv/lib', true],
  ['lib @ ./lib', true],
  ['wheels/x-1-py3-none-any.whl', true],
  ['x-1-py3-none-any.whl', true],
  ['flask==3.0', false],
  ['flask[async] >= 3 ; python_version > "3.8"', false],
  ['git+https://host/x.git@main#egg=x', false],
  ['-e git+https://host/x.git#egg=x', false],
  ['x @ https://host/x.tar.gz', false],
  ['https://host/x.whl', false],
  ['--index-url https://host/simple', false],
  ['-r other/base.txt', false],
])('%s is local: %s', (line, local) => {
  expect(isLocal(line)).toBe(local);
});

test('includes are found in all their spellings, comments and continuations read', () => {
  const text =
    '-r base.txt\n-rdev.txt # why\n--requirement=a/b.txt\n-c constraints.txt\n# -r no.txt\nflask \\\n  ==3.0\n-r https://host/x.txt\n';
  expect(readRequirements({ path: 'requirements.txt', text })).toEqual({
    includes: ['base.txt', 'dev.txt', 'a/b.txt', 'constraints.txt'],
    hasLocal: false,
  });
});

test('editable installs become plain ones, and nothing else changes', () => {
  expect(withoutEditable('-e ./lib\nflask\n--editable=.\n-e git+https://h/x#egg=x')).toBe(
    './lib\nflask\n.\ngit+https://h/x#egg=x',
  );
  fc.assert(
    fc.property(fc.array(fc.constantFrom('flask\r', '--index-url x', '# -e no', ''), { minLength: 1 }), (lines) => {
      expect(withoutEditable(lines.join('\n'))).toBe(lines.join('\n'));
    }),
  );
});

test.each([
  ['-e blinker', './blinker'],
  ['-eblinker', './blinker'],
  ['--editable blinker', './blinker'],
  ['--editable=blinker', './blinker'],
  ['--edit=blinker', './blinker'],
  ['  -e\tblinker[async]  # ours', '  ./blinker[async]  # ours'],
  ['-e "blinker"', './blinker'],
  ["-e './my lib'", './my lib'],
  ['-e \\\nblinker', './blinker'],
  ['-e \\\n  \\\n blinker', './blinker'],
  ['-e blinker \\', './blinker'],
  ['-e libs/blinker', './libs/blinker'],
  ['-e ~/blinker', './~/blinker'],
  ['-e ${PACKAGE}', './${PACKAGE}'],
  ['-e ../blinker', '../blinker'],
  ['-e /srv/blinker', '/srv/blinker'],
  ['-e .[web]', '.[web]'],
  ['-e file:blinker', 'file:blinker'],
  ['-e git+ssh://git@host/x.git@main#egg=x', 'git+ssh://git@host/x.git@main#egg=x'],
  ['-e blinker @ git+https://host/x.git', 'blinker @ git+https://host/x.git'],
  ['-e blinker[async]@https://host/x.zip', 'blinker[async]@https://host/x.zip'],
])('%j names no package of an index: %j', (line, plain) => {
  expect(withoutEditable(`a\n${line}\nb`)).toBe(line.endsWith('\\') ? `a\n${plain} b` : `a\n${plain}\nb`);
});

test('included files are collected from their own folders, once, and never from outside', async () => {
  const disk: Record<string, string> = {
    'requirements.txt': '-r req/base.txt\n-r ../../outside.txt',
    'req/base.txt': '-r more.txt\n-r ../requirements.txt\n-r absent.txt',
    'req/more.txt': './lib',
  };
  const { files, hasLocal } = await collectRequirements(
    ['requirements.txt'],
    (path) => Promise.resolve(disk[path]),
    readRequirements,
  );
  expect([...files.keys()]).toEqual(['requirements.txt', 'req/base.txt', 'req/more.txt']);
  expect(hasLocal).toBe(true);
});

test('groups are expanded with what they include, and a circle is refused', () => {
  const groups = {
    web: ['gunicorn', { 'include-group': 'Base_Set' }],
    'base-set': ['flask'],
    a: [{ 'include-group': 'a' }],
  };
  expect(expandGroup(groups, 'web')).toEqual(['gunicorn', 'flask']);
  expect(() => expandGroup(groups, 'a')).toThrow(
    expect.objectContaining({ text: 'dependencies_unresolvable.no_group' }),
  );
});
