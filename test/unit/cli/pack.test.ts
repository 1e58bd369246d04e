import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { list } from 'tar';
import { CliError } from '../../../src/cli/errors.js';
import { below } from '../../support/odd-names.js';
import { chooseEntries, pack, type Choice } from '../../../src/cli/pack.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'slipway-pack-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(files: Record<string, string>, at = root): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(at, path)), { recursive: true });
    writeFileSync(join(at, path), text);
  }
}

const files = async (folder = root, purpose: Choice['purpose'] = 'any'): Promise<string[]> =>
  (await chooseEntries(folder, { purpose })).filter(({ isFolder }) => !isFolder).map(({ path }) => path);

it('packing excludes version control, virtual environments and caches, regardless of their folder names', async () => {
  write({
    'app.py': '',
    '.git/config': '',
    '.venv/bin/python': '',
    'my-env/pyvenv.cfg': '',
    'my-env/lib/x.py': '',
    'pkg/__pycache__/a.pyc': '',
    'app.egg-info/PKG-INFO': '',
    '.slipway/admin.key': 'secret',
    'pkg/a.py': '',
  });
  expect(await files()).toEqual(['app.py', 'pkg/a.py']);
});

it('packing follows nested .gitignore files, which can include files that a parent excludes', async () => {
  write({
    '.gitignore': '*.log\n/build/\n',
    'a.log': '',
    'build/x': '',
    'pkg/build/x': '',
    'pkg/.gitignore': '!keep.log\nlocal.py\n',
    'pkg/keep.log': '',
    'pkg/drop.log': '',
    'pkg/local.py': '',
    'local.py': '',
  });
  expect(await files()).toEqual(['.gitignore', 'local.py', 'pkg/.gitignore', 'pkg/build/x', 'pkg/keep.log']);
});

it('packing follows the .gitignore of the enclosing repository, unless that file excludes the packed folder itself', async () => {
  write({ '.git/HEAD': '', '.gitignore': '*.db\nscratch/\n' });
  write({ 'bot/main.py': '', 'bot/bot.db': '', 'scratch/app/main.py': '', 'scratch/app/a.db': '' });
  expect(await files(join(root, 'bot'))).toEqual(['main.py']);
  expect(await files(join(root, 'scratch/app'))).toEqual(['a.db', 'main.py']);
});

it('packing ignores a .gitignore in a parent folder outside a repository', async () => {
  write({ '.gitignore': '*.py\n', 'bot/main.py': '' });
  expect(await files(join(root, 'bot'))).toEqual(['main.py']);
});

it('packing for an image follows .dockerignore with its exceptions but includes the files that Slipway reads', async () => {
  write({
    '.dockerignore': '*\n!src\nsrc/*.md\n',
    Dockerfile: '',
    Procfile: '',
    'pyproject.toml': '',
    'requirements.txt': '',
    'notes.txt': '',
    'src/app.py': '',
    'src/README.md': '',
  });
  expect(await files()).toContain('src/README.md');
  expect(await files(root, 'image')).toEqual([
    '.dockerignore',
    'Dockerfile',
    'Procfile',
    'pyproject.toml',
    'requirements.txt',
    'src/app.py',
  ]);
});

describe('packing in a git repository', () => {
  const git = (...args: string[]): void => {
    const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.com'];
    execFileSync('git', ['-C', root, ...who, ...args], { stdio: 'ignore' });
  };

  it('packing includes tracked files even if .gitignore excludes the files or their folder', async () => {
    write({ '.gitignore': '*.json\n/data/\n', 'defaults.json': '', 'data/kept/a.txt': '', 'app/b.json': '' });
    git('init');
    git('add', '--force', '.');
    write({ 'secret.json': '', 'data/b.txt': '', 'data/kept/c.txt': '', 'data/other/d.txt': '', 'main.py': '' });
    expect(await files()).toEqual(['.gitignore', 'app/b.json', 'data/kept/a.txt', 'defaults.json', 'main.py']);
    expect(await files(join(root, 'app'))).toEqual(['b.json']);
  });

  it('packing skips deleted tracked files and runs no program from the configuration of the repository', async () => {
    write({ 'a.py': '', 'b.py': '' });
    git('init');
    git('add', '.');
    rmSync(join(root, 'b.py'));
    const trace = join(root, '.git/trace');
    git('config', 'core.fsmonitor', `touch ${trace}`);
    expect(await files()).toEqual(['a.py']);
    expect(existsSync(trace)).toBe(false);
  });

  it('packing fetches no missing objects of a repository, because its URL could run a program', async () => {
    write({ 'a.py': '', 'b/c.py': '' });
    git('init');
    git('add', '.');
    git('commit', '--quiet', '-m', 'one');
    git('sparse-checkout', 'set', '--cone', '--sparse-index', '.');
    const trace = join(root, '.git/trace');
    const settings = [
      ['extensions.partialClone', 'origin'],
      ['remote.origin.promisor', 'true'],
      ['remote.origin.url', `ext::sh -c touch% ${trace}`],
      ['protocol.ext.allow', 'always'],
      ['protocol.allow', 'always'],
    ];
    const tree = execFileSync('git', ['-C', root, 'rev-parse', 'HEAD:b'], { encoding: 'utf8' }).trim();
    rmSync(join(root, '.git/objects', tree.slice(0, 2), tree.slice(2)));
    for (const [name, value] of settings) git('config', name!, value!);
    expect(await files()).toContain('a.py');
    expect(existsSync(trace)).toBe(false);
  });

  it('packing follows only .gitignore if git can’t read the repository', async () => {
    write({ '.git/HEAD': 'broken', '.gitignore': '*.json\n', 'a.json': '', 'a.py': '' });
    expect(await files()).toEqual(['.gitignore', 'a.py']);
  });
});

it('packing excludes an env file whose variables are sent and lists other env files', async () => {
  write({ 'a.py': '', '.env': 'A=1', 'deploy/.env.prod': 'B=2', '.env.example': '', '.envrc': '' });
  const packed = await pack(root, { purpose: 'any', withheld: [join(root, '.env')] });
  expect(packed).toMatchObject({ files: 4, envFiles: ['deploy/.env.prod'] });
  packed.remove();
});

it('packing includes empty folders, symlinks and names that begin with @, and the archive can be removed', async () => {
  write({ '@app.py': 'print()', 'sub/a.txt': 'a' });
  mkdirSync(join(root, 'empty'));
  symlinkSync('sub/a.txt', join(root, 'link'));
  const packed = await pack(root, { purpose: 'any' });
  const names: string[] = [];
  await list({ file: packed.path, onReadEntry: ({ path, type }) => names.push(`${path} ${type}`) });
  expect(names.sort()).toEqual(
    ['./@app.py File', './empty/ Directory', './link SymbolicLink', './sub/ Directory', './sub/a.txt File'].sort(),
  );
  expect(packed.files).toBe(3);
  packed.remove();
  expect(statSync(packed.path, { throwIfNoEntry: false })).toBeUndefined();
});

it('packing a folder that is too large fails before packing and names the largest file', async () => {
  write({ 'app.py': '', 'data/huge.bin': '' });
  truncateSync(join(root, 'data/huge.bin'), 3 * 1024 ** 3); // takes no room
  const error = await pack(root, { purpose: 'any' }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CliError);
  expect((error as CliError).key).toBe('too_much');
  expect((error as CliError).params['largest']).toContain('data/huge.bin (3072 MiB)');
});

it('packing fails if all files are excluded', async () => {
  write({ '.gitignore': '*\n', 'a.py': '' });
  await expect(pack(root, { purpose: 'any' })).rejects.toMatchObject({ key: 'empty_folder' });
});

it.each<[string, (path: Buffer) => void]>([
  ['a file', (path) => writeFileSync(path, '')],
  ['a folder', (path) => mkdirSync(path)],
])('packing refuses %s whose name isn’t UTF-8 and shows its bytes, unless its path is ignored', async (_, make) => {
  write({ 'app.py': '', 'uploads/kept.txt': '' });
  make(below(root, 'uploads', Buffer.from([0x63, 0xe9])));
  const refused = { key: 'not_utf8', params: { path: join(root, 'uploads/c\\xe9') } };
  await expect(chooseEntries(root, { purpose: 'any' })).rejects.toMatchObject(refused);
  write({ '.gitignore': '/uploads/c*\n' });
  expect(await files()).toEqual(['.gitignore', 'app.py', 'uploads/kept.txt']);
});
