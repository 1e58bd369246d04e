import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import type Docker from 'dockerode';
import { pack, type Header } from 'tar-stream';
import { copyOut as copyOutBy, type CopiedOut } from '../../../src/activities/ports/docker/container-data.js';
import { inlineUnpacker } from '../../support/inline-unpacker.js';
import { about } from '../../support/jest/about.js';
import { onTestFinished } from '../../support/jest/test-end.js';
import { below, ODD_NAMES } from '../../support/odd-names.js';
import { goEntry, TAR_END, tarEntry, tarRecord, tarRecords } from '../../support/tar-entries.js';

/** A container that has this at /app/data, as its engine packs it. */
function containerOf(entries: (Partial<Header> & { name: string } & { text?: string })[]): Docker.Container {
  const archive = (): Promise<NodeJS.ReadableStream> => {
    const tar = pack();
    for (const { text = '', ...header } of entries) tar.entry(header, text);
    tar.finalize();
    return Promise.resolve(tar as unknown as NodeJS.ReadableStream);
  };
  return { getArchive: archive } as unknown as Docker.Container; // a copy asks for no more
}

const containerWith = (archive: Buffer): Docker.Container =>
  ({ getArchive: () => Promise.resolve(Readable.from([archive])) }) as unknown as Docker.Container;

/** What is not given up. */
async function copyOut(
  container: Docker.Container,
  into: string,
): Promise<Exclude<CopiedOut, { givenUp: string }> | undefined> {
  const copied = await copyOutBy(container, inlineUnpacker, { at: '/app/data', into });
  if (copied && 'givenUp' in copied) throw new Error(copied.givenUp);
  return copied;
}

function folder(): string {
  const into = mkdtempSync(join(tmpdir(), 'slipway-copy-'));
  onTestFinished(() => {
    rmSync(into, { recursive: true });
  });
  return into;
}

const link = (name: string, linkname: string): Partial<Header> & { name: string } => ({
  name,
  type: 'symlink',
  linkname,
});

it('a copy of container data omits symlinks that point outside and invalid names, and copies all other entries', async () => {
  const into = folder();
  const container = containerOf([
    { name: 'data/', type: 'directory' },
    link('data/absolute', '/etc'),
    { name: 'data/again', type: 'link', linkname: 'data/absolute' },
    link('data/out', '../../../../etc/passwd'),
    link('data/beside', '../bot.db'),
    link('data/odd', '..\\..\\..\\etc'),
    { name: 'data/a\\..\\b', text: 'odd' },
    link('data/deep/er', '../x'),
    { name: 'data/x', text: 'kept' },
  ]);
  const copied = await copyOut(container, into);
  expect(copied?.path).toBe(join(into, 'data'));
  expect(copied?.leftOut.sort()).toEqual([
    'data/a\\..\\b',
    'data/absolute',
    'data/again',
    'data/beside',
    'data/odd',
    'data/out',
  ]);
  expect(readlinkSync(join(into, 'data/deep/er'))).toBe('../x');
  expect(readFileSync(join(into, 'data/deep/er'), 'utf8')).toBe('kept');
  for (const name of copied?.leftOut ?? [])
    about(name, () => {
      expect(existsSync(join(into, name))).toBe(false);
    });
});

it('a copy of container data keeps names that aren’t UTF-8, including names that look similar', async () => {
  const into = folder();
  const deep = Buffer.from([0xff, 0xfe]);
  const archive = Buffer.concat([
    tarEntry('data/', '', { type: 'Directory' }),
    tarEntry('data/n', 'plain'),
    goEntry(below('data', deep, ''), '', { type: 'Directory' }),
    ...ODD_NAMES.map((name) => goEntry(below('data', name), name.toString('hex'))),
    ...ODD_NAMES.map((name) => goEntry(below('data', deep, name), name.toString('hex'))),
    tarRecords(tarRecord('path', below('data', 'link')), tarRecord('linkpath', below(deep, 'n'))),
    tarEntry('data/link', '', { type: 'SymbolicLink', linkpath: 'n' }),
    tarRecords(tarRecord('path', below('data', deep, 'out')), tarRecord('linkpath', below('/etc', deep))),
    tarEntry('data/out', '', { type: 'SymbolicLink', linkpath: '/etc' }),
    TAR_END,
  ]);
  const copied = await copyOut(containerWith(archive), into);
  expect(copied).toEqual({ path: join(into, 'data'), leftOut: ['data/\\xff\\xfe/out'] });
  const names = (path: string | Buffer): string[] => readdirSync(path, 'latin1').sort();
  const odd = ODD_NAMES.map((name) => name.toString('latin1'));
  expect(names(join(into, 'data'))).toEqual([...odd, deep.toString('latin1'), 'link', 'n'].sort());
  expect(names(below(into, 'data', deep))).toEqual([...odd].sort());
  for (const name of ODD_NAMES)
    expect(readFileSync(below(into, 'data', deep, name), 'utf8')).toBe(name.toString('hex'));
  expect(readlinkSync(join(into, 'data/link'), 'buffer')).toEqual(below(deep, 'n'));
});

const PLAIN_FIRST = ['a\nb/plain', 'a\nb/c\nd/plain', 'a\nb/c\nd/\u540d', 'a\nb/\u540d'];

it.each([
  ['before', PLAIN_FIRST],
  ['after', PLAIN_FIRST.toReversed()],
])(
  'a folder with a line break in its name is copied as one folder if its plain names come %s other names',
  async (_order, names) => {
    const into = folder();
    const entries = names.map((name) => goEntry(below('data', name), name));
    const copied = await copyOut(containerWith(Buffer.concat([...entries, TAR_END])), into);
    expect(copied).toEqual({ path: join(into, 'data'), leftOut: [] });
    const files = readdirSync(join(into, 'data'), { recursive: true, withFileTypes: true }).filter((each) =>
      each.isFile(),
    );
    expect(files.map(({ parentPath, name }) => relative(join(into, 'data'), join(parentPath, name))).sort()).toEqual(
      [...names].sort(),
    );
    for (const name of names) expect(readFileSync(join(into, 'data', name), 'utf8')).toBe(name);
    expect(readdirSync(join(into, 'data'))).toEqual(['a\nb']);
  },
);

it('a copy of container data contains deeply nested folders whose names aren’t UTF-8', async () => {
  const into = folder();
  const path = below('data', ...Array.from({ length: 80 }, () => Buffer.from([0xff])), 'n');
  const copied = await copyOut(containerWith(Buffer.concat([goEntry(path, 'deep'), TAR_END])), into);
  expect(copied).toEqual({ path: join(into, 'data'), leftOut: [] });
  expect(readFileSync(below(into, path), 'utf8')).toBe('deep');
});

it('a name that resembles a tar record doesn’t hide later files from a copy of container data', async () => {
  const into = folder();
  const names = ['\u00e9\n16 size=9999999\nq', 'n', Buffer.from('n\xff', 'latin1')].map((name) => Buffer.from(name));
  const entries = names.map((name) => goEntry(below('data', name), name.toString('hex')));
  await copyOut(containerWith(Buffer.concat([...entries, TAR_END])), into);
  expect(readdirSync(join(into, 'data'), 'latin1').sort()).toEqual(names.map((name) => name.toString('latin1')).sort());
  for (const name of names) expect(readFileSync(below(into, 'data', name), 'utf8')).toBe(name.toString('hex'));
});

it('a symlink in place of the data folder isn’t copied', async () => {
  const into = folder();
  expect(await copyOut(containerOf([link('data', '/')]), into)).toBeUndefined();
  expect(lstatSync(join(into, 'data'), { throwIfNoEntry: false })).toBeUndefined();
});

it('a copy of container data fails if the target folder can’t be written', async () => {
  await expect(copyOut(containerOf([{ name: 'data', text: 'x' }]), '/nowhere/at/all')).rejects.toThrow();
});
