import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { Header } from 'tar';
import { createPrepare } from '../../../src/activities/prepare/index.js';
import type { UnpackPort } from '../../../src/activities/ports/unpack/unpack-port.js';
import type { SlipwayError } from '../../../src/contract/errors.js';
import { releaseDir, uploadFile } from '../../../src/contract/layout.js';
import { translate } from '../../../src/contract/texts.js';
import { goEntry, tarRecord, tarRecords } from '../../support/tar-entries.js';
import {
  act,
  attemptRef,
  fileText,
  makeHost,
  prepareInput,
  readLog,
  eventually,
  runActivity,
} from '../../support/activity-host.js';

const UPLOAD = 'up_0123456789abcdef';

/** One entry as bytes: what an honest tar program would refuse to write, too. */
function entry(fields: Record<string, unknown>, content = ''): Buffer {
  const block = Buffer.alloc(512);
  const header = new Header({
    type: 'File',
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
    size: content.length,
    ...fields,
  });
  header.encode(block, 0);
  const padded = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  padded.write(content);
  return Buffer.concat([block, padded]);
}
/** Writes the checksum of a changed header. */
function sign(block: Buffer): void {
  block.fill(' ', 148, 156);
  const sum = block.subarray(0, 512).reduce((all, byte) => all + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
}
const END = Buffer.alloc(1024);
const archive = (...entries: Buffer[]): Buffer => gzipSync(Buffer.concat([...entries, END]));
const app = entry({ path: 'app.py' }, 'print(1)');

async function upload(bytes: Buffer, subdirectory?: string) {
  const host = await makeHost();
  mkdirSync(host.at.uploads);
  await writeFile(uploadFile(host.at, UPLOAD), bytes);
  const ref = attemptRef('shop');
  const { prepareRelease } = createPrepare(host.ports, host.settings);
  const input = prepareInput({ type: 'archive', upload_id: UPLOAD, subdirectory }, {}, ref);
  return {
    host,
    ref,
    release: releaseDir(host.at, 'shop', ref.deploymentId),
    prepare: () => act(() => prepareRelease(input)),
  };
}

describe('archive sources', () => {
  test('an archive is unpacked, and a single top folder becomes the root of the project', async () => {
    const { release, prepare } = await upload(
      archive(
        entry({ path: 'shop-1.0/', type: 'Directory', mode: 0o2755, size: 0 }),
        entry({ path: 'shop-1.0/main.py', mode: 0o755 }, 'x'),
        entry({ path: 'shop-1.0/link.py', type: 'SymbolicLink', linkpath: 'main.py', size: 0 }),
      ),
    );
    expect(await prepare()).toMatchObject({ command: 'python main.py' });
    expect(fileText(join(release, 'link.py'))).toBe('x');
    expect(statSync(join(release, 'main.py')).mode & 0o7777).toBe(0o755);
  });

  test('the subdirectory of an archive is found at the top or inside a single top folder', async () => {
    const parts = [entry({ path: 'services/bot/main.py' }, 'x')];
    const fromTop = await upload(archive(...parts), 'services/bot');
    expect(await fromTop.prepare()).toMatchObject({ command: 'python main.py' });
    expect(fileText(join(fromTop.release, 'main.py'))).toBe('x');
    const fromFolder = await upload(archive(...parts), 'bot');
    expect(await fromFolder.prepare()).toMatchObject({ command: 'python main.py' });
  });

  test('a package alone in an archive is run as a package, and a folder with a project becomes the root', async () => {
    const parts = [entry({ path: 'it/__init__.py' }, ''), entry({ path: 'it/__main__.py' }, '')];
    const alone = await upload(archive(...parts));
    expect(await alone.prepare()).toMatchObject({ command: 'python -m it' });
    const project = await upload(archive(...parts, entry({ path: 'it/requirements.txt' }, '')));
    expect(await project.prepare()).toMatchObject({ command: 'python __main__.py' });
  });

  test.each(['._shop', '.DS_Store', '__MACOSX/shop/._main.py', '.git/HEAD', '.venv/pyvenv.cfg'])(
    'a single top folder is recognized beside %s, which isn’t part of the release',
    async (path) => {
      const { release, prepare } = await upload(
        archive(entry({ path }, 'x'), entry({ path: 'shop/main.py' }, ''), entry({ path: 'shop/._main.py' }, 'x')),
      );
      expect(await prepare()).toMatchObject({ command: 'python main.py' });
      expect(readdirSync(release)).toEqual(['main.py']);
    },
  );

  test('a hard link of a file to itself is unpacked as that file', async () => {
    const { release, prepare } = await upload(
      archive(app, entry({ path: './app.py', type: 'Link', linkpath: 'app.py', size: 0 })),
    );
    await prepare();
    expect(fileText(join(release, 'app.py'))).toBe('print(1)');
  });

  test('an archive and the same archive inside a top folder have the same source hash', async () => {
    const flat = await upload(archive(app, entry({ path: 'pkg/x.py' }, '')));
    const nested = await upload(
      archive(entry({ path: './top/app.py' }, 'print(1)'), entry({ path: './top/pkg/x.py' }, '')),
    );
    expect((await flat.prepare()).sourceHash).toBe((await nested.prepare()).sourceHash);
  });

  test.each<[string, Buffer, string]>([
    ['a name that leads outside', entry({ path: '../evil.py' }, 'x'), 'escaping_entry'],
    ['an absolute name', entry({ path: '/tmp/evil.py' }, 'x'), 'absolute_entry'],
    [
      'a symlink that leads outside',
      entry({ path: 'out', type: 'SymbolicLink', linkpath: '../../etc', size: 0 }),
      'escaping_link',
    ],
    [
      'an absolute symlink',
      entry({ path: 'out', type: 'SymbolicLink', linkpath: '/etc/passwd', size: 0 }),
      'escaping_link',
    ],
    [
      'a hard link that leads outside',
      entry({ path: 'out', type: 'Link', linkpath: '../x', size: 0 }),
      'escaping_link',
    ],
    ['a FIFO', entry({ path: 'pipe', type: 'FIFO', size: 0 }), 'special_entry'],
    ['a device', entry({ path: 'disk', type: 'BlockDevice', size: 0, devmaj: 8, devmin: 0 }), 'special_entry'],
    ['a setuid file', entry({ path: 'su', mode: 0o4755 }, 'x'), 'setid_entry'],
  ])('an archive with %s is refused with a specific error, and no file remains', async (_, bad, text) => {
    const { host, ref, release, prepare } = await upload(archive(app, bad));
    await expect(prepare()).rejects.toEqual(
      expect.objectContaining({ code: 'source_invalid', text: `source_invalid.${text}`, retryable: false }),
    );
    await expect(readFile(join(release, 'app.py'))).rejects.toThrow('ENOENT');
    expect(await readLog(host, ref.deploymentId)).toBe('');
  });

  test('an archive with a symlink that points outside through another symlink is refused', async () => {
    const { prepare } = await upload(
      archive(
        app,
        entry({ path: 'p/up', type: 'SymbolicLink', linkpath: '..', size: 0 }),
        entry({ path: 'p/up2', type: 'SymbolicLink', linkpath: 'up/../x', size: 0 }),
        entry({ path: 'p/x' }, '1'),
      ),
    );
    await expect(prepare()).rejects.toEqual(expect.objectContaining({ text: 'source_invalid.escaping_link' }));
  });

  test('an archive that writes through one of its symlinks is refused', async () => {
    const { prepare } = await upload(
      archive(app, entry({ path: 'd', type: 'SymbolicLink', linkpath: 'e', size: 0 }), entry({ path: 'd/x.py' }, 'x')),
    );
    await expect(prepare()).rejects.toEqual(expect.objectContaining({ code: 'source_invalid' }));
  });

  test.each<[string, Buffer[], string, string]>([
    ['a symlink to itself', [entry({ path: 'l', type: 'SymbolicLink', linkpath: 'l', size: 0 })], 'link_loop', 'l'],
    [
      'a hard link to a missing file',
      [entry({ path: 'h', type: 'Link', linkpath: 'gone', size: 0 })],
      'bad_entry',
      'h',
    ],
    [
      'a file that is also a folder',
      [entry({ path: 'd' }, 'x'), entry({ path: 'd/x.py' }, 'x')],
      'bad_entry',
      'd/x.py',
    ],
  ])(
    'an archive with %s is refused with the name of the entry and without a path of the host',
    async (_, bad, text, path) => {
      const { prepare } = await upload(archive(app, ...bad));
      const error = (await prepare().catch((thrown: unknown) => thrown)) as SlipwayError;
      expect(error).toMatchObject({ text: `source_invalid.${text}`, retryable: false, params: { path } });
      expect(translate(error.text, error.params, 'en')).not.toContain('/tmp');
    },
  );

  test('an archive with a name that isn’t UTF-8 is refused', async () => {
    const bad = entry({ path: 'caf\u00e9' }, 'x'); // a header of the plain format holds bytes: made one that is no UTF-8
    bad.fill(0, 0, 100).write('caf', 0);
    bad[3] = 0xe9;
    sign(bad);
    const { prepare } = await upload(archive(app, bad));
    await expect(prepare()).rejects.toEqual(expect.objectContaining({ text: 'source_invalid.not_utf8' }));
  });

  test('an archive with an extended header whose name isn’t UTF-8 or contains a line break is refused', async () => {
    for (const odd of [Buffer.from([0x63, 0xe9]), Buffer.from('n\u00e9\nm')]) {
      const extended = tarRecords(tarRecord('path', odd));
      const { prepare, release } = await upload(archive(app, extended, entry({ path: 'c' }, 'x')));
      await expect(prepare()).rejects.toMatchObject({ text: 'source_invalid.not_utf8', retryable: false });
      expect(existsSync(release)).toBe(false);
    }
  });

  test('an archive that would unpack to more than 2 GiB is refused within 3 seconds by its headers', async () => {
    const bomb = Buffer.concat([entry({ path: 'zeros', size: 3 * 1024 ** 3 }), Buffer.alloc(1024 * 1024)]);
    const { prepare } = await upload(gzipSync(Buffer.concat([app, bomb])));
    const began = Date.now();
    await expect(prepare()).rejects.toEqual(
      expect.objectContaining({ text: 'source_invalid.too_big', params: { limit: 2048 } }),
    );
    expect(Date.now() - began).toBeLessThan(3000);
  });

  test('an archive of 100 MiB of padding is refused within 5 seconds', async () => {
    const { prepare } = await upload(gzipSync(Buffer.alloc(100 * 1024 ** 2)));
    const began = Date.now();
    await expect(prepare()).rejects.toEqual(expect.objectContaining({ code: 'source_invalid' }));
    expect(Date.now() - began).toBeLessThan(5000); // the parser alone takes minutes
  });

  test('an archive with more than 100,000 entries is refused', async () => {
    const one = entry({ path: 'x/y' });
    const { prepare } = await upload(archive(app, ...Array.from({ length: 100_001 }, () => one)));
    await expect(prepare()).rejects.toEqual(expect.objectContaining({ text: 'source_invalid.too_many_entries' }));
  });

  const whole = archive(
    app,
    entry({ path: 'big.bin' }, 'x'.repeat(100_000)),
    entry({ path: 'last.py' }, Array.from({ length: 9000 }, (_, i) => String(i * 7919)).join(',')),
  );
  test.each<[string, Buffer]>([
    ['truncated', whole.subarray(0, whole.length - 2000)],
    ['a tar file without gzip', Buffer.concat([app, END])],
    ['plain text', Buffer.from('hello')],
    ['compressed plain text', gzipSync('hello '.repeat(1000))],
    ['empty', Buffer.alloc(0)],
    ['truncated inside an entry but valid gzip', gzipSync(entry({ path: 'a.py' }, 'x'.repeat(4000)).subarray(0, 1500))],
  ])('an archive that is %s is reported as broken', async (_, bytes) => {
    const { prepare } = await upload(bytes);
    await expect(prepare()).rejects.toEqual(
      expect.objectContaining({ text: 'source_invalid.broken_archive', retryable: false }),
    );
  });

  const nested = (levels: number): string => 'd/'.repeat(levels);
  const foldersOf = (levels: number): Buffer[] =>
    Array.from({ length: levels }, (_, level) => goEntry(Buffer.from(nested(level + 1)), '', { type: 'Directory' }));

  test('an archive with 990 nested folders is refused by its headers', async () => {
    const { prepare } = await upload(archive(app, ...foldersOf(990)));
    await expect(prepare()).rejects.toMatchObject({ text: 'source_invalid.too_deep', params: { levels: 100 } });
  });

  test('an archive with 100 levels is accepted', async () => {
    const { release, prepare } = await upload(
      archive(app, ...foldersOf(99), goEntry(Buffer.from(`${nested(99)}ff`), 'x')),
    );
    await prepare();
    expect(fileText(join(release, nested(99), 'ff'))).toBe('x');
  });

  test('a cancel of the deployment stops the unpacking', async () => {
    const { host, ref } = await upload(archive(app));
    let told: AbortSignal | undefined;
    const unpacker: UnpackPort = {
      ...host.ports.unpacker,
      async unpackArchive(_path, _into, signal) {
        told = signal;
        await once(signal, 'abort');
        throw signal.reason;
      },
    };
    const { prepareRelease } = createPrepare({ ...host.ports, unpacker }, host.settings);
    const input = prepareInput({ type: 'archive', upload_id: UPLOAD }, {}, ref);
    const { result, cancel } = runActivity(() => prepareRelease(input));
    const ended = expect(result).rejects.toThrow('cancelled');
    await eventually(() => told !== undefined);
    cancel();
    await ended;
  });

  test('a missing upload is reported as gone', async () => {
    const host = await makeHost();
    const { prepareRelease } = createPrepare(host.ports, host.settings);
    const input = prepareInput({ type: 'archive', upload_id: UPLOAD });
    await expect(act(() => prepareRelease(input))).rejects.toEqual(
      expect.objectContaining({ text: 'source_invalid.upload_gone' }),
    );
  });
});
