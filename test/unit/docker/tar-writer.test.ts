import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contextTar } from '../../../src/activities/ports/docker/context-tar.js';
import { tarOf, type TarEntry } from '../../../src/activities/ports/docker/tar-writer.js';
import { onTestFinished } from '../../support/jest/test-end.js';

const mtime = new Date('2000-01-01T00:00:00Z');

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'slipway-tar-'));
  onTestFinished(() => {
    rmSync(made, { recursive: true });
  });
  return made;
}

const file = (path: string, bytes: Buffer, size = bytes.length): TarEntry & { type: 'File' } => ({
  ...{ path, type: 'File', mode: 0o644, mtime, size },
  content: () => Readable.from(bytes.length === 0 ? [] : [bytes]),
});

/** Unpacks with the system's tar. */
async function unpacked(tar: Readable): Promise<string> {
  const into = folder();
  execFileSync('tar', ['-x', '-C', into], { input: await buffer(tar) });
  return into;
}

it('the system’s tar unpacks folders, links and executable files with their modes and times', async () => {
  const into = await unpacked(
    tarOf([
      { path: 'folder', type: 'Directory', mode: 0o750, mtime },
      { path: 'folder/link', type: 'SymbolicLink', linkpath: '../other', mtime },
      { ...file('folder/run', Buffer.from('#!/bin/sh\n')), mode: 0o755 },
    ]),
  );
  expect(lstatSync(join(into, 'folder')).mode & 0o777).toBe(0o750);
  expect(readlinkSync(join(into, 'folder/link'))).toBe('../other');
  const run = lstatSync(join(into, 'folder/run'));
  expect([run.mode & 0o777, run.mtime]).toEqual([0o755, mtime]);
});

it.each([
  ['of 100 characters', 'a'.repeat(100)],
  ['of 255 characters', 'b'.repeat(255)],
  ['in folders, of 900 characters', Array.from({ length: 9 }, () => 'c'.repeat(99)).join('/')],
  ['in Chinese', '機器人/主程式.py'],
  ['with spaces, quotes and a line break', 'a "b" \'c\'\nd'],
])('a path %s is kept', async (_, path) => {
  const into = await unpacked(tarOf([file(path, Buffer.from('text'))]));
  expect(readFileSync(join(into, path), 'utf8')).toBe('text');
});

it('a link keeps a target of 200 characters', async () => {
  const linkpath = `/slipway/data/${'資料'.repeat(100)}`;
  const into = await unpacked(tarOf([{ path: 'link', type: 'SymbolicLink', linkpath, mtime }]));
  expect(readlinkSync(join(into, 'link'))).toBe(linkpath);
});

it('contents of all sizes around a block are kept', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 1_100 }), { minLength: 1, maxLength: 6 }),
      async (contents) => {
        const into = await unpacked(tarOf(contents.map((bytes, i) => file(`file-${i}`, Buffer.from(bytes)))));
        const read = contents.map((_, i) => readFileSync(join(into, `file-${i}`)));
        expect(read.map((bytes) => bytes.toString('hex'))).toEqual(
          contents.map((bytes) => Buffer.from(bytes).toString('hex')),
        );
      },
    ),
    { numRuns: 30 },
  );
});

it.each([
  ['shrinks', 100],
  ['grows', 5],
])('a file that %s while it is read fails the tar', async (_, size) => {
  await expect(buffer(tarOf([file('log', Buffer.from('ten bytes.'), size)]))).rejects.toThrow(
    'log changed while it was read',
  );
});

it('a build context contains Slipway’s own files instead of the project’s files with the same names', async () => {
  const root = folder();
  for (const name of ['Dockerfile', 'bot.py']) writeFileSync(join(root, name), `of the project: ${name}`);
  const entries = ['Dockerfile', 'bot.py'].map((path) => ({ path, kind: 'file' as const, executable: false }));
  const into = await unpacked(contextTar(root, entries, { Dockerfile: 'FROM python' }));
  expect(readFileSync(join(into, 'Dockerfile'), 'utf8')).toBe('FROM python');
  expect(readFileSync(join(into, 'bot.py'), 'utf8')).toBe('of the project: bot.py');
});
