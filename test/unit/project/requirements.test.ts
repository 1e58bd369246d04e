import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expandGroup } from '../../../src/activities/project/groups.js';
import {
  collectRequirements,
  localTarget,
  readRequirements,
  type RequirementsFile,
  withoutEditable,
} from '../../../src/activities/project/requirements.js';

test.each([
  ['./lib', './lib'],
  ['lib/', 'lib/'],
  ['.', '.'],
  ['.[web]', '.'],
  ['-e .', '.'],
  ['-e lib', './lib'],
  ['--editable=lib[web]', './lib'],
  ['-e lib-1.0', './lib-1.0'],
  ['--editable=../x', '../x'],
  ['file:lib', 'lib'],
  ['-e file:./lib#egg=x', './lib'],
  ['file:mono#subdirectory=lib', 'mono/lib'],
  ['lib @ file:///srv/lib', '/srv/lib'],
  ['lib @ ./lib', './lib'],
  ['lib[web]@lib', 'lib'],
  ['lib @ ${HERE}/lib', '${HERE}/lib'],
  ['wheels/x-1-py3-none-any.whl', 'wheels/x-1-py3-none-any.whl'],
  ['x-1-py3-none-any.whl', 'x-1-py3-none-any.whl'],
  ['x-1-py3-none-any.whl --hash=sha256:00', 'x-1-py3-none-any.whl'],
  ['x-1.0.tar.bz2', 'x-1.0.tar.bz2'],
  ['x-1.0.zip[web] ; python_version > "3"', 'x-1.0.zip'],
  ['lib==1/x', 'lib==1/x'],
  ['~/lib', '~/lib'],
  ['C:\\lib', 'C:\\lib'],
])('the requirement %s installs the local path %s', (line, target) => {
  expect(localTarget(line)).toBe(target);
  expect(readRequirements({ path: 'r.txt', text: line })).toEqual({ includes: [], locals: [target] });
});

test.each([
  'flask',
  'flask==3.0',
  'flask~=3.0 --hash=sha256:0a/0b',
  'flask[async] >= 3 ; python_version > "3.8"',
  'flask (>=3)',
  'zope.interface',
  'git+https://host/x.git@main#egg=x',
  '-e git+https://host/x.git#egg=x',
  'x @ https://host/x.tar.gz',
  'x[web]@git+ssh://git@host/x.git',
  'https://host/x.whl',
])('the requirement %s installs no local path', (line) => {
  expect(localTarget(line)).toBeUndefined();
  expect(readRequirements({ path: 'r.txt', text: line })).toEqual({ includes: [], locals: [] });
});

test.each<[string, RequirementsFile]>([
  ['--index-url https://host/simple', { includes: [], locals: [] }],
  ['--pre --no-binary :all: --no-index --find-links=https://host/x', { includes: [], locals: [] }],
  ['--find-links wheels', { includes: [], locals: ['wheels'] }],
  ['-fwheels', { includes: [], locals: ['wheels'] }],
  ['--extra-index-url=file:///srv/simple', { includes: [], locals: ['file:///srv/simple'] }],
  ['--new-option wheels', { includes: [], locals: ['wheels'] }],
  ['-r other/base.txt', { includes: ['other/base.txt'], locals: [] }],
  ['--pre -r base.txt', { includes: ['base.txt'], locals: [] }],
  ['-r "my base.txt"', { includes: ['my base.txt'], locals: [] }],
  ['-r file:base.txt', { includes: [], locals: ['file:base.txt'] }],
  ['-r ${SET}.txt', { includes: [], locals: ['${SET}.txt'] }],
])('the requirement options %s are parsed as %j', (text, expected) => {
  expect(readRequirements({ path: 'r.txt', text })).toEqual(expected);
});

test('included requirement files are found in all spellings, and comments and continued lines are parsed', () => {
  const text =
    '-r base.txt\n-rdev.txt # why\n--requirement=a/b.txt\n-c constraints.txt\n# -r no.txt\nflask \\\n  ==3.0\n-r https://host/x.txt\n';
  expect(readRequirements({ path: 'requirements.txt', text })).toEqual({
    includes: ['base.txt', 'dev.txt', 'a/b.txt', 'constraints.txt'],
    locals: [],
  });
});

test('requirement files are divided into lines at the same characters as in Python', () => {
  const text = '-e lib\r./other\u2028flask\x0c-r more.txt';
  const read = { includes: ['more.txt'], locals: ['./lib', './other'] };
  expect(readRequirements({ path: 'r.txt', text })).toEqual(read);
  expect(withoutEditable(text)).toBe('./lib\n./other\nflask\n-r more.txt');
});

test('editable requirements become ordinary requirements, and other lines stay unchanged', () => {
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
])('the editable requirement %j becomes %j', (line, plain) => {
  expect(withoutEditable(`a\n${line}\nb`)).toBe(line.endsWith('\\') ? `a\n${plain} b` : `a\n${plain}\nb`);
});

test('included requirement files are read once, relative to their folders and never from outside the project', async () => {
  const disk: Record<string, string> = {
    'requirements.txt': '-r req/base.txt\n-r ../../outside.txt',
    'req/base.txt': '-r more.txt\n-r ../requirements.txt\n-r absent.txt',
    'req/more.txt': './lib',
  };
  const { files, locals } = await collectRequirements(
    ['requirements.txt'],
    (path) => Promise.resolve(disk[path]),
    readRequirements,
  );
  expect([...files.keys()]).toEqual(['requirements.txt', 'req/base.txt', 'req/more.txt']);
  expect([...locals]).toEqual(['./lib']);
});

test('dependency groups are expanded with their included groups, and a cycle is refused', () => {
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
