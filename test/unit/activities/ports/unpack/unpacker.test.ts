// The real child, run from the sources, under its real limits.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { createUnpacker, type UnpackerOptions } from '../../../../../src/activities/ports/unpack/unpacker.js';
import type { UnpackPort } from '../../../../../src/activities/ports/unpack/unpack-port.js';
import { eventually, pythons } from '../../../../support/activity-host.js';
import { inlineUnpacker } from '../../../../support/inline-unpacker.js';
import { describeIf } from '../../../../support/jest/conditions.js';
import { onTestFinished } from '../../../../support/jest/test-end.js';
import { below } from '../../../../support/odd-names.js';
import { goEntry, TAR_END, tarEntry } from '../../../../support/tar-entries.js';

const path = (name: string): string => fileURLToPath(new URL(`../../../../../${name}`, import.meta.url));
const never = new AbortController().signal;
const MIB = 1024 ** 2;

const optionsWith = async (limits: UnpackerOptions['limits'] = {}): Promise<UnpackerOptions> => ({
  python: await pythons.defaultPython(),
  launcher: path('src/keeper/limited.py'),
  script: path('src/activities/ports/unpack/child.ts'),
  nodeOptions: ['--import', path('test/support/typescript.mjs')],
  // Compiling TypeScript takes more of both than the program itself.
  limits: { heapMib: 256, dataMib: 1024, ...limits },
});
const unpacker = async (limits: UnpackerOptions['limits'] = {}): Promise<UnpackPort> =>
  createUnpacker(await optionsWith(limits));

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'slipway-unpack-'));
  onTestFinished(() => {
    execFileSync('rm', ['-rf', made]); // deeper than rmSync can remove
  });
  return made;
}

function archive(...entries: Buffer[]): string {
  const file = join(folder(), 'archive.tgz');
  writeFileSync(file, gzipSync(Buffer.concat([...entries, TAR_END])));
  return file;
}

const nested = (levels: number): string => Array.from({ length: levels }, () => 'dd').join('/');
const folders = (levels: number): Buffer[] =>
  Array.from({ length: levels }, (_, level) =>
    goEntry(Buffer.from(`${nested(level + 1)}/`), '', { type: 'Directory' }),
  );

/** Ids of this test's children, by the folder that they unpack into. */
function childrenIn(into: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(into);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

it('an archive with 300 nested folders is unpacked in a child process, which ends afterwards', async () => {
  const into = folder();
  const before = process.memoryUsage().rss;
  const file = archive(...folders(300), goEntry(Buffer.from(`${nested(300)}/f`), 'x'));
  await (await unpacker()).unpackArchive(file, into, never);
  expect(readFileSync(join(into, nested(300), 'f'), 'utf8')).toBe('x');
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB);
  expect(childrenIn(into)).toEqual([]);
});

it('thousands of files at the deepest allowed level are unpacked', async () => {
  const into = folder();
  const files = Array.from({ length: 2000 }, (_, at) => goEntry(Buffer.from(`${nested(99)}/${at}`)));
  await (await unpacker()).unpackArchive(archive(...files), into, never);
  expect(readdirSync(join(into, nested(99)))).toHaveLength(2000);
});

it('an abort ends the unpacking at once', async () => {
  const into = folder();
  const files = Array.from({ length: 50_000 }, (_, at) => tarEntry(`${nested(40)}/${at}`));
  const aborting = new AbortController();
  const unpacking = (await unpacker()).unpackArchive(archive(...files), into, aborting.signal);
  const ended = expect(unpacking).rejects.toThrow('enough');
  await eventually(() => existsSync(join(into, nested(40), '10')));
  aborting.abort(new Error('enough'));
  await ended;
  expect(childrenIn(into)).toEqual([]);
  expect(readdirSync(join(into, nested(40))).length).toBeLessThan(50_000);
});

it.each([
  ['isn’t gzip', Buffer.from('no gzip at all'), { message: 'incorrect header check' }],
  [
    'isn’t tar inside gzip',
    gzipSync(Buffer.alloc(600, 'x')),
    { message: expect.stringMatching(/checksum failure|Unrecognized/) },
  ],
  [
    'contains a file inside another file',
    gzipSync(Buffer.concat([tarEntry('a', 'x'), tarEntry('a/b', 'y'), TAR_END])),
    { facts: { entry: 'a/b' }, message: expect.stringMatching(/^(ENOTDIR|EEXIST)$/) },
  ],
])('an archive that %s is reported as broken', async (_what, bytes, facts) => {
  const file = join(folder(), 'archive.tgz');
  writeFileSync(file, bytes);
  const unpacking = (await unpacker()).unpackArchive(file, folder(), never);
  await expect(unpacking).rejects.toMatchObject({ name: 'BrokenArchiveError', ...facts });
});

it('an archive that takes too much processor time to unpack fails as an invalid source', async () => {
  const files = Array.from({ length: 50_000 }, (_, at) => tarEntry(`${nested(45)}/${at}`));
  const tooMuch = { code: 'source_invalid', text: 'source_invalid.unpack_limit', retryable: false };
  const slow = await unpacker({ cpuSeconds: 3 });
  await expect(slow.unpackArchive(archive(...files), folder(), never)).rejects.toMatchObject({
    ...tooMuch,
    params: { what: 'CPU > 3 s' },
  });
});

it('an unpacking that fails without a fault of the archive is retryable', async () => {
  const into = folder();
  const files = Array.from({ length: 50_000 }, (_, at) => tarEntry(`${nested(45)}/${at}`));
  const unpacking = (await unpacker()).unpackArchive(archive(...files), into, never);
  const ended = expect(unpacking).rejects.toMatchObject({ code: 'internal', retryable: true });
  await eventually(() => existsSync(join(into, nested(45))));
  for (const pid of childrenIn(into)) process.kill(Number(pid), 'SIGKILL');
  await ended;
  const absent = (await unpacker()).unpackArchive('/nowhere/at/all.tgz', into, never);
  await expect(absent).rejects.toMatchObject({ code: 'ENOENT' });
});

it('an unpacking child process ends when its worker is killed', async () => {
  const into = folder();
  const options = await optionsWith();
  const program = `
    import { PassThrough } from 'node:stream';
    import { createUnpacker } from ${JSON.stringify(path('src/activities/ports/unpack/unpacker.ts'))};
    await createUnpacker(${JSON.stringify(options)}).unpackCopy(new PassThrough(), 'data', process.argv[1]);`;
  const hook = ['--import', path('test/support/typescript.mjs'), '--input-type=module'];
  const worker = spawn(process.execPath, [...hook, '-e', program, into]);
  const children = (): string[] => childrenIn(into).filter((pid) => Number(pid) !== worker.pid);
  await eventually(() => children().length > 0);
  worker.kill('SIGKILL');
  await eventually(() => children().length === 0);
});

it('a copy contains entries up to 100 levels deep, and lists some of the deeper entries as left out', async () => {
  const into = folder();
  const odd = Buffer.from([0xff]);
  const chain = Array.from({ length: 1500 }, (_, level) =>
    goEntry(below('data', ...Array.from({ length: level + 1 }, () => odd), ''), '', { type: 'Directory' }),
  );
  const deep = Array.from({ length: 500 }, (_, level) => goEntry(Buffer.from(`data/${nested(level + 1)}/f`), 'deep'));
  const tar = Readable.from([...chain, ...deep, tarEntry('data/kept', 'kept'), TAR_END]);
  const copied = await (await unpacker()).unpackCopy(tar, 'data', into);
  expect(copied).toMatchObject({ leftOut: expect.any(Array), moreLeftOut: expect.any(Number) });
  const { leftOut, moreLeftOut } = copied as { leftOut: string[]; moreLeftOut: number };
  expect(leftOut).toHaveLength(100);
  expect(leftOut[0]).toMatch(/^data(\/\\xff)+\/?$/);
  expect(moreLeftOut).toBeGreaterThan(1500 + 500 - 200 - 100 - 20);
  expect(readFileSync(join(into, 'data/kept'), 'utf8')).toBe('kept');
  expect(readFileSync(join(into, 'data', nested(98), 'f'), 'utf8')).toBe('deep');
  expect(existsSync(below(into, 'data', ...Array.from({ length: 50 }, () => odd)))).toBe(true);
});

it('a copy ends before writing a file that is larger than the disk', async () => {
  const into = folder();
  const { blocks, bsize } = statfsSync(into);
  const hole = tarEntry('data/hole', '', { size: blocks * bsize + 512 });
  const endless = new PassThrough(); // its zeros never come
  endless.write(Buffer.concat([tarEntry('data/a', 'x'), hole, Buffer.alloc(8 * 512)]));
  const copied = await (await unpacker()).unpackCopy(endless, 'data', into);
  expect(copied).toEqual({ givenUp: 'data/hole is larger than the whole disk' });
  expect(existsSync(join(into, 'data/hole'))).toBe(false);
  expect(endless.destroyed).toBe(true);
});

it('a copy fails with ENOSPC instead of using the last 200 MiB of the disk', async () => {
  const into = folder();
  const { bavail, bsize } = statfsSync(into);
  const large = tarEntry('data/large', '', { size: bavail * bsize - 100 * MIB });
  const tar = new PassThrough();
  tar.write(Buffer.concat([large, Buffer.alloc(8 * 512)]));
  await expect((await unpacker()).unpackCopy(tar, 'data', into)).rejects.toMatchObject({ code: 'ENOSPC' });
  expect(existsSync(join(into, 'data/large'))).toBe(false);
});

/** A disk of its own that is full soon. */
function smallDisk(options: string): string {
  const disk = folder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk]);
  onTestFinished(() => {
    execFileSync('umount', [disk]);
  });
  return disk;
}

describeIf(process.getuid?.() === 0)('full disks', () => {
  it('unpacking fails with ENOSPC if no folder can be created', async () => {
    const folders = Array.from({ length: 10 }, (_, at) => tarEntry(`data/${at}/`, '', { type: 'Directory' }));
    const into = smallDisk('size=1m,nr_inodes=5');
    const copying = inlineUnpacker.unpackCopy(Readable.from([...folders, TAR_END]), 'data', into);
    await expect(copying).rejects.toMatchObject({ code: 'ENOSPC' });
    const unpacking = inlineUnpacker.unpackArchive(archive(...folders), into, never);
    await expect(unpacking).rejects.toMatchObject({ code: 'ENOSPC' });
  });

  it('unpacking fails with ENOSPC if only a part of a write fits on the disk', async () => {
    const content = Buffer.alloc(70_000, 'x'); // more than 64 KiB, whose last chunk is cut off
    const unpacking = inlineUnpacker.unpackArchive(archive(tarEntry('a', content)), smallDisk('size=68k'), never);
    await expect(unpacking).rejects.toMatchObject({ code: 'ENOSPC' });
  });
});

it('a copy ends with a reason if it takes too long or too much processor time', async () => {
  const waiting = new PassThrough(); // an engine that sends nothing
  const patience = AbortSignal.timeout(100);
  expect(await (await unpacker()).unpackCopy(waiting, 'data', folder(), { patience })).toEqual({
    givenUp: 'copying takes too long',
  });
  const files = Array.from({ length: 50_000 }, (_, at) => tarEntry(`data/${nested(40)}/${at}`));
  const slow = await unpacker({ cpuSeconds: 3 });
  expect(await slow.unpackCopy(Readable.from([...files, TAR_END]), 'data', folder())).toEqual({
    givenUp: 'CPU > 3 s',
  });
});

it('a copy fails if the engine breaks the connection', async () => {
  const tar = new PassThrough();
  tar.write(tarEntry('data/a', 'x'));
  const copying = (await unpacker()).unpackCopy(tar, 'data', folder());
  tar.destroy(new Error('the engine went away'));
  await expect(copying).rejects.toThrow('the engine went away');
});
