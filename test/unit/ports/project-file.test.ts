import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readProjectFile } from '../../../src/activities/ports/project-file.js';
import { onTestFinished } from '../../support/jest/test-end.js';

const LIMIT = 1024 ** 2;
let folder: string;
let root: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-project-file-')));
  root = join(folder, 'project');
  mkdirSync(join(root, 'requirements'), { recursive: true });
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const refused = (text: string): unknown =>
  expect.objectContaining({ code: 'source_invalid', text: `source_invalid.${text}` });
const read = (path: string, maxBytes = LIMIT) => readProjectFile(root, path, maxBytes);

it('a project file is read through symlinks inside the project, and a missing file is undefined', async () => {
  writeFileSync(join(root, 'requirements/base.txt'), 'flask\n');
  symlinkSync('requirements/base.txt', join(root, 'requirements.txt'));
  symlinkSync('missing', join(root, 'Procfile'));
  expect(await read('requirements/base.txt')).toBe('flask\n');
  expect(await read('requirements.txt')).toBe('flask\n');
  expect(await read('Procfile')).toBeUndefined();
  expect(await read('pyproject.toml')).toBeUndefined();
  expect(await read('a'.repeat(300))).toBeUndefined();
  expect(await read('a\0b')).toBeUndefined();
});

const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

it.each<[string, string, Buffer]>([
  ['UTF-8 text', 'six # 六\n', Buffer.from('six # 六\n')],
  ['UTF-8 text after a byte order mark', 'web: python serve.py\n', Buffer.from('\ufeffweb: python serve.py\n')],
  ['the UTF-16 text that PowerShell writes', 'six # 六\r\n', Buffer.from('\ufeffsix # 六\r\n', 'utf16le')],
  ['big-endian UTF-16 text', 'six\n', utf16be('\ufeffsix\n')],
  ['no content', '', Buffer.alloc(0)],
  ['only a byte order mark', '', Buffer.from('\ufeff', 'utf16le')],
])('a project file with %s is read', async (_, text, bytes) => {
  writeFileSync(join(root, 'requirements.txt'), bytes);
  expect(await read('requirements.txt')).toBe(text);
});

it.each<[string, Buffer]>([
  ['Latin-1 text', Buffer.from('six # é\n', 'latin1')],
  ['an incomplete UTF-16 character', Buffer.from([0xff, 0xfe, 0x41])],
  ['binary content', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0x80, 0xff])],
])('a project file with %s is refused with its name, except a Dockerfile', async (_, bytes) => {
  for (const name of ['requirements.txt', 'Procfile', 'pyproject.toml', '.python-version']) {
    writeFileSync(join(root, name), bytes);
    await expect(read(name)).rejects.toEqual(
      expect.objectContaining({ text: 'source_invalid.encoding', params: { path: name } }),
    );
  }
  writeFileSync(join(root, 'Dockerfile'), bytes);
  expect(typeof (await read('Dockerfile'))).toBe('string');
});

it('a project file over the limit is refused with its name and the limit before the file is read', async () => {
  writeFileSync(join(root, 'Procfile'), '');
  truncateSync(join(root, 'Procfile'), 4 * 1024 ** 4); // takes no room
  const before = process.memoryUsage().rss;
  await expect(read('Procfile')).rejects.toEqual(
    expect.objectContaining({ text: 'source_invalid.file_too_big', params: { path: 'Procfile', limit: 1 } }),
  );
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 ** 2);
  truncateSync(join(root, 'Procfile'), LIMIT);
  expect(await read('Procfile')).toHaveLength(LIMIT);
});

it('a FIFO, a folder or a socket in place of a project file is refused without waiting', async () => {
  execFileSync('mkfifo', [join(root, 'Procfile')]);
  mkdirSync(join(root, 'Dockerfile'));
  const server = createServer().listen(join(root, '.dockerignore'));
  onTestFinished(() => void server.close());
  await expect(read('Procfile')).rejects.toEqual(refused('not_a_file'));
  await expect(read('Dockerfile')).rejects.toEqual(refused('not_a_file'));
  await expect(read('.dockerignore')).rejects.toEqual(refused('not_a_file'));
});

it('a symlink that points outside the project or to itself is refused', async () => {
  writeFileSync(join(folder, 'admin.key'), 'secret');
  mkdirSync(join(folder, 'project-of-others'));
  writeFileSync(join(folder, 'project-of-others/a'), 'secret');
  symlinkSync('../admin.key', join(root, 'Procfile'));
  symlinkSync('/dev/zero', join(root, 'uv.lock'));
  symlinkSync('../project-of-others', join(root, 'beside'));
  symlinkSync('/proc/self/environ', join(root, 'pyproject.toml'));
  symlinkSync('loop', join(root, 'loop'));
  await expect(read('Procfile')).rejects.toEqual(refused('escaping_link'));
  await expect(read('uv.lock')).rejects.toEqual(refused('escaping_link'));
  await expect(read('beside/a')).rejects.toEqual(refused('escaping_link'));
  await expect(read('../admin.key')).rejects.toEqual(refused('escaping_link'));
  await expect(read('pyproject.toml')).rejects.toEqual(refused('escaping_link'));
  await expect(read('loop')).rejects.toEqual(refused('link_loop'));
});
